// Package organe keeps the bodies of an instance that decide or speak: its
// bureau, its council, its working committee.
//
// What holds:
//
//   - A body is an Organization actor of its own, followed from everywhere, in the
//     one space of names of people and groups. Its user name is its name in the
//     certificates of the movement.
//   - A body has no login, no token and no password. Its one voice is
//     [Service.As], which knows the members of the instance whom an administrator
//     appointed; what is written in its name is checked once more in the
//     transaction that stores it.
//   - Who wrote in its name is known to those who may act in it, and named in no
//     document that leaves.
//   - What people write to it, privately too, is read by those same members with
//     its eyes, on one page, and by nobody else. They are notified that something waits
//     there, and not of what.
//   - A body that is closed says nothing more. What it said stays, and so does its
//     address; it stands in no directory.
//
// Spec: AP 4; Spec: AP-Vocabulary Organization
package organe
