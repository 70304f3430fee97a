// Package kept is what a service keeps over its deaths, in its account's kept memory (abi.CallKeep): a snapshot of its state, and a log of
// records, one for each turn that changed the state since. It knows how they are framed, numbered and summed up, and which of them can be
// believed; what they mean is the service's. It is pure: the kernel is behind Memory.
//
// A turn of such a service: take one input, change the state in memory, act, Append one record of what came in. A life that ends before that
// leaves the input to the next one, which does the same again, so an action must be one that may be repeated, or one of which the next life can
// find out whether it was done. An action of which neither holds is done after its record: rs/server has some. A record that was appended has
// consumed its input.
package kept
