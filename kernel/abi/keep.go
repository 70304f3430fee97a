package abi

// Kept memory belongs to an account and outlives its lives: each life sees it at KeptBase, read-only, and only the kernel writes it, on
// CallKeep. It begins with a page that holds a KeptHeader; then come two banks of equal size. A bank is a snapshot and, behind it, a log of
// what happened since. One bank is current: what is appended goes to its log. The next snapshot is staged in the other one, which becomes
// current whole, in one step, so that at any instant one bank is good, and the one before is still there.
//
// What the bytes mean is the owner's (rs/kept). A call is done or not done: a life that ends in the middle of one leaves nothing half written
// in the current bank.
const (
	KeptBase    = 0xf0_0000_0000 // the last 64 GiB of what windows have
	MaxKept     = 1 << 20        // bytes, the header's page included
	MinKept     = 3 * PageSize
	MaxKeptLine = 0x700 // bytes of one KeepAppend: CallArea.Buf
)

// KeepOp is the first argument of CallKeep.
type KeepOp uint64

const (
	// KeepStage (offset, address, length ≤ MaxCopy): writes into the bank that is not current. From the first of them until KeepFlip that bank
	// holds nothing. Works in steps. Errors: EINVAL (past the bank's end), E2BIG, EFAULT.
	KeepStage KeepOp = 1
	// KeepFlip (length): that bank is the current one now, its snapshot the first length bytes, its log empty. Errors: EINVAL (past its end).
	KeepFlip KeepOp = 2
	// KeepAppend (length, 1: consume): Buf goes to the end of the current log, which grows by length rounded up to 8. consume is KeepConsume, in
	// the same instant. Errors: ENOSPC (the bank is full: nothing is done), EINVAL.
	KeepAppend KeepOp = 3
	// KeepConsume: the root task is done with what it was given: the message that it received last will not be given to its next life, the slots
	// of the death records that it took are free.
	KeepConsume KeepOp = 4
	// KeepSettled: this life has restored what was kept: KeptHeader.Unsettled is 0. Of the root task: requests by sendrec that its earlier lives
	// received and did not answer are to be received again, before others that wait, in the order in which they were made. The message that was received
	// last, and not consumed, comes before them, whether it was answered or not.
	KeepSettled KeepOp = 5
)

// KeptMagic marks a KeptHeader ("BENNUKPT").
const KeptMagic = 0x54504b554e4e4542

// KeptHeader is what the kernel says of kept memory. Offsets are from KeptBase.
type KeptHeader struct {
	Magic     uint64
	Size      uint64 // bytes in all
	BankSize  uint64
	Bank      [2]KeptBank
	Current   uint32 // index of Bank; of one that was never flipped to Number is 0
	Unsettled uint32 // lives in a row that ended, by themselves, before KeepSettled: not those that were killed, or that a tracer had changed
	// Again is how many lives of the root task have ended, by themselves, while they handled the message that it received last: that message
	// may be why.
	Again    uint32
	_        uint32
	Lives    uint64 // that the account has had, this one included
	Appended uint64 // how many KeepAppends there were since boot
	// Blame is what speaks against what is kept.
	Blame KeptBlame
}

// KeptBlame is how lives ended that what they read may have ended: those that Unsettled counts, and those that were ended because they hung
// (KillHung), if they had begun to read (CallArea.Reading). KeepSettled clears it all, KeepFlip all but Deaths: what is kept is another thing then.
type KeptBlame struct {
	Reading uint64 // where the last of them was
	RIP     uint64 // where it ended; 0 with CauseHang and CauseMemory, which may come anywhere
	Status  uint64 // as in its DeathRecord; 0 with CauseMemory
	Cause   Cause  // CauseHang: of one that was ended because it hung, too
	Vector  uint32
	Same    uint32 // how many of them in a row, the last one included, ended like that: all of the above is the same
	Way     uint32 // … had the same number in the first byte of Reading
	Deaths  uint32 // … there were since KeepSettled
	_       uint32
}

// WayShift is where the way is in CallArea.Reading: what of its kept memory a life believes. 0: it has not begun to read.
const WayShift = 56

// KeptBank is one of the two banks.
type KeptBank struct {
	Start    uint64 // offset of its snapshot
	Snapshot uint64 // bytes; the log begins at the next multiple of 8
	Log      uint64 // bytes
	Number   uint64 // of KeepFlips until it became current; 0: it holds nothing
}

// Life is a row of InfoLives: a task that lives, for who has to find out what there is. Its label is its account's.
type Life struct {
	Endpoint    Endpoint
	Account     AccountID
	Incarnation uint32
	Flags       uint32 // LifeSet, …
	StartedNS   uint64 // when it was allowed to run
}

// Flags of a Life.
const (
	LifeSet     = 1 << 0 // its privileges are set
	LifeAllowed = 1 << 1 // it was allowed to run
	LifeWarm    = 1 << 2 // it began with its service's snapshot
	LifeAsks    = 1 << 3 // the life of the root task that there is has received a request of its by sendrec, and not answered it: see Life.Asks
)

// LifeDying, in Flags: it has ended, and its record follows when all that it had is taken back. The other Flags are 0 then.
const LifeDying = 1 << 4

// LifeSeqShift is where in Life.Flags the number of that request is: as much of its Msg.Seq as has room.
const LifeSeqShift = 8

// Ask notes the request of LifeAsks.
func (l *Life) Ask(seq uint64) { l.Flags |= LifeAsks | uint32(seq)<<LifeSeqShift }

// Asks tells whether it may be the request with this number that LifeAsks means: the last 24 bits are the same.
func (l *Life) Asks(seq uint64) bool {
	return l.Flags&LifeAsks != 0 && l.Flags>>LifeSeqShift == uint32(seq)<<LifeSeqShift>>LifeSeqShift
}
