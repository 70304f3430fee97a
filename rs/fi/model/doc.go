// Package model lets the injector be a victim's device. The kernel closes the victim's ports (abi.TracePorts), so that each IN and OUT stops it with a
// general protection; Emulate does the instruction on a Chip instead, and the victim goes on behind it. Line is a 16550 with somebody
// at the other end of its wire: what is typed there arrives, what the victim sends is seen.
//
// What a tracer does with such a stop (abi.StopFault, vector 13):
//
//	switch model.Emulate(&stop.Regs, memory, line) {
//	case model.Done:
//		TraceSetRegs(stop.Endpoint, &stop.Regs); TraceContinue(stop.Endpoint, abi.TraceGo)
//	default: // it is none of the device's: the exception takes its course
//		TraceContinue(stop.Endpoint, abi.TracePass)
//	}
package model
