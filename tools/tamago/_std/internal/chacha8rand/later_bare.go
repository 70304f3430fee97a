package chacha8rand

// InitLater is Init64 that makes the first block when a number is asked for: the numbers are the same.
func (s *State) InitLater(seed [4]uint64) {
	s.seed = seed
	s.i, s.n = 0, 0
	s.c = ^uint32(ctrInc - 1) // Refill goes on from here to 0
}
