package sched

import "unsafe"

// Where things are, for the kernel's handover: it takes one slot out of the queue and another in, as Block, Ready, Ran, Charge and Turn
// would.
const (
	OffSlots  = unsafe.Offsetof(Sched{}.slots)
	OffShares = unsafe.Offsetof(Sched{}.shares)
	OffHead   = unsafe.Offsetof(Sched{}.head)
	OffTail   = unsafe.Offsetof(Sched{}.tail)
	OffFilled = unsafe.Offsetof(Sched{}.filled)
	OffReady  = unsafe.Offsetof(Sched{}.n)
	OffGen    = unsafe.Offsetof(Sched{}.gen)
	OffSeats  = unsafe.Offsetof(Sched{}.seats)
	OffEpoch  = unsafe.Offsetof(Sched{}.epoch)

	SlotSize  = unsafe.Sizeof(slot{})
	OffNext   = unsafe.Offsetof(slot{}.next)
	OffPrev   = unsafe.Offsetof(slot{}.prev)
	OffLevel  = unsafe.Offsetof(slot{}.level)
	OffOwn    = unsafe.Offsetof(slot{}.own)
	OffPays   = unsafe.Offsetof(slot{}.pays)
	OffSeat   = unsafe.Offsetof(slot{}.seat)
	OffTurn   = unsafe.Offsetof(slot{}.turn)
	OffServed = unsafe.Offsetof(slot{}.served)

	ShareSize   = unsafe.Sizeof(share{})
	OffBand     = unsafe.Offsetof(share{}.Level)
	OffFullTurn = unsafe.Offsetof(share{}.Turn)
	OffLimited  = unsafe.Offsetof(share{}.limited)
	OffGrain    = unsafe.Offsetof(share{}.grain)
	OffLeft     = unsafe.Offsetof(share{}.left)
	OffAt       = unsafe.Offsetof(share{}.at)
	OffItsEpoch = unsafe.Offsetof(share{}.epoch)
	OffOut      = unsafe.Offsetof(share{}.out)
	OffUsed     = unsafe.Offsetof(share{}.used)

	None = none
)
