package jobs

// Done0 is Done, as a function for Write.
var Done0 = Done
