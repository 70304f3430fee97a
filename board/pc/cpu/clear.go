//go:build tamago

package cpu

import "bennu/board/x86"

// Do clears. The processor must have told (FindLeaks) that it can: #GP otherwise.
func (c Clear) Do() {
	if c&ClearPredictors != 0 {
		x86.WriteMSR(x86.MSRPredictors, 1) // bit 0 is the command, here and below
	}
	if c&ClearL1 != 0 {
		x86.WriteMSR(x86.MSRFlush, 1)
	}
	if c&ClearBuffers != 0 {
		x86.ClearBuffers()
	}
}
