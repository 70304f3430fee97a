// Package sim is the reincarnation server as it is (rs/server) on a kernel that is simulated (kernel/fake), among services that ask, die, hang and
// come late, while it is ended itself: at each of its kernel calls, before or after it, since what is not the server's own memory changes nowhere else.
//
// A world is a function of its seed and its steps. A step holds all that chance decides of it, so any part of a world's steps is a run too: that is
// how the shortest one that breaks an invariant is found.
package sim
