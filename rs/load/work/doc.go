// Package work is the workload's service: it does checked operations on the victim of a campaign (drivers/protocol/load) and counts how they
// ended. What an operation on a service is, a Kind says; package kind has those of the services of this tree. A death of the victim in the middle of an operation is
// no failure: the operation is done again on the next life.
//
// An operation has one of these ends, which nothing else may be counted as:
//
//	right   the answer is the one that this program knows
//	refused a definite error that a service that works would not give
//	wrong   an answer that is another: silent corruption
//	lost    no answer within the limit, though the victim lives: silent loss
//
// The program's arguments (system.conf):
//
//	victim=LABEL        whose Kind is that of its label
//	others=LABEL,…      those that Others looks after
//	role=tty            it is the console of the victim, which asks it
//	life=DURATION       how long it waits for the victim's next life (1s)
package work
