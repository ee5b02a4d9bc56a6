// Package event is the agenda: meetings, actions and live sessions of a section
// or a group, and who comes.
//
// What holds:
//
//   - A meeting is a post of kind "event" with a row of its own. Who may read the
//     post may read the meeting, and nobody else; timelines, answers, boosts and
//     deletion are those of the post.
//   - Each person has at most one answer to a meeting. Whether there is room is
//     decided in the transaction that stores the answer, after the meeting was
//     locked: the room is never overfull, and who does not fit waits in the order
//     of arrival. A seat that becomes free goes to the first who waits, with all
//     companions or not at all; nobody overtakes.
//   - The link to take part from afar is shown to those who are registered for
//     that, and to the organiser. It is in no document that leaves.
//   - A street that is withheld is shown to those registered to come there, and to
//     the organiser, as that link is: on the page, in their calendars and letters. It
//     is in no document that leaves, and in nothing that is made to be passed on.
//   - Who answers from their own server gets that link, that street, or both, since nobody
//     asked them how they take part, in a direct message of the organiser; never in the
//     Accept of their Join, which servers hand on.
//   - The picture of a meeting is a medium of its post, and follows the rule of these:
//     nobody else sees it than who may read the meeting.
//   - The page of a meeting elsewhere (its campaign's, say) is for whoever may read
//     the meeting, and stands in its document; nobody is registered by going there.
//   - Who comes is shown to the organiser alone, named in no document (its collection
//     says how many), and forgotten thirty days after the end unless the organiser keeps it. What is
//     postponed has no end until it has a date, or a year has passed.
//   - A moment is stored as an instant and the zone of the place: "18 h" stays
//     18 h there, whatever the season and wherever the reader.
//   - Each date of a series is a meeting, with its own seats, questions and minutes,
//     so calendars get one entry for each, also for those that are only promised
//     yet, and no RRULE: one would make one entry of meetings that people register
//     to one by one, and programs disagree on exceptions to it.
//   - A calendar that is taken over costs a bounded number of steps, whatever its
//     rhythms; an address is read only where the guard of the network allows.
//   - An invitation goes to the one who is invited, once; who has not answered is
//     known to the organiser alone, and forgotten with the list of who comes.
//   - A meeting is followed live and seen again on one page, for who may read it;
//     what people say there is for those who come. Nothing of it leaves, but for a
//     film that the organiser puts into the meeting. A film plays in the page only
//     when this instance serves it; anything else is a link.
//   - Those who run a meeting are told that something waits on its pages, once until
//     they have read it, and not who: that stands on the pages alone.
//   - That a meeting is no more stands on the pages alone too: each kind of notification
//     that apps know needs a status or an account to show, and none is left. A post of
//     the instance that said it would be one that nobody wrote; severed relationships,
//     the one kind without, would be untrue.
//   - A calendar that is published names who calls a meeting, never a person.
//   - The uid of a meeting in calendars never changes; its sequence grows with
//     each change that calendars must take.
//
// Spec: FEP-8a8e; Spec: Mobilizon; Spec: RFC 5545; Spec: RFC 4287
package event
