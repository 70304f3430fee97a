package kernel

import (
	"unsafe"

	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/sched"
	"bennu/kernel/task"
)

// handOverCalls has bit n when handover_amd64.h can do call n.
const handOverCalls = 1<<abi.CallSendRec | 1<<abi.CallReplyReceive

// What handover_amd64.h has by these names: its constants are the package's own.
const (
	callSendRec = abi.CallSendRec
	replyTraps  = 1<<abi.CallSendNB | 1<<abi.CallReceive
	kindSendRec = abi.KindSendRec
	kindSendNB  = abi.KindSendNB
	msgNotify   = abi.MsgNotify
	msgReply    = abi.MsgReply
	fromAny     = abi.Any
	receiving   = task.Receiving
	slotMask    = abi.MaxTasks - 1

	kTasks    = unsafe.Offsetof(Kernel{}.tasks)
	kSched    = unsafe.Offsetof(Kernel{}.sched)
	kSlot     = unsafe.Offsetof(Kernel{}.slot)
	kPayer    = unsafe.Offsetof(Kernel{}.payer)
	kHow      = unsafe.Offsetof(Kernel{}.how)
	kSince    = unsafe.Offsetof(Kernel{}.since)
	kDue      = unsafe.Offsetof(Kernel{}.due)
	kSettled  = unsafe.Offsetof(Kernel{}.settled)
	kEntered  = unsafe.Offsetof(Kernel{}.entered)
	kLongest  = unsafe.Offsetof(Kernel{}.longest)
	kWhy      = unsafe.Offsetof(Kernel{}.why)
	kArmed    = unsafe.Offsetof(Kernel{}.armed)
	kHanded   = unsafe.Offsetof(Kernel{}.latency) + unsafe.Offsetof(abi.Latency{}.Handed)
	kEntries  = unsafe.Offsetof(Kernel{}.latency) + unsafe.Offsetof(abi.Latency{}.Entries)
	kTSCMult  = unsafe.Offsetof(Kernel{}.cfg) + unsafe.Offsetof(Config{}.TSCMult)
	kEntryTSC = unsafe.Offsetof(Kernel{}.cfg) + unsafe.Offsetof(Config{}.Facts) + unsafe.Offsetof(abi.Machine{}.EntryTSC)

	taskSize    = unsafe.Sizeof(task.Task{})
	tSlot       = unsafe.Offsetof(task.Task{}.Slot)
	tLive       = unsafe.Offsetof(task.Task{}.Live)
	tServer     = unsafe.Offsetof(task.Task{}.Server)
	tEndpoint   = unsafe.Offsetof(task.Task{}.Endpoint)
	tContext    = unsafe.Offsetof(task.Task{}.Ctx)
	tCall       = unsafe.Offsetof(task.Task{}.Call)
	tRoot       = unsafe.Offsetof(task.Task{}.Space) + unsafe.Offsetof(task.Task{}.Space.Root)
	tTraps      = unsafe.Offsetof(task.Task{}.Priv) + unsafe.Offsetof(abi.Privilege{}.TrapMask)
	tSendTo     = unsafe.Offsetof(task.Task{}.SendTo)
	tMade       = unsafe.Offsetof(task.Task{}.Made)
	tWait       = unsafe.Offsetof(task.Task{}.Wait)
	tRecvFrom   = unsafe.Offsetof(task.Task{}.RecvFrom)
	tAsked      = unsafe.Offsetof(task.Task{}.Asked)
	tSeq        = unsafe.Offsetof(task.Task{}.Seq)
	tIsRoot     = unsafe.Offsetof(task.Task{}.Root)
	tLimited    = unsafe.Offsetof(task.Task{}.Limited)
	tSenders    = unsafe.Offsetof(task.Task{}.Senders)
	tNotified   = unsafe.Offsetof(task.Task{}.Notified)
	tIRQBits    = unsafe.Offsetof(task.Task{}.IRQBits)
	tSysBits    = unsafe.Offsetof(task.Task{}.SysBits)
	tAlarm      = unsafe.Offsetof(task.Task{}.Alarm)
	tAsyncFirst = unsafe.Offsetof(task.Task{}.AsyncFirst)
	tTicks      = unsafe.Offsetof(task.Task{}.Ticks)
	tFirstRun   = unsafe.Offsetof(task.Task{}.FirstRunNS)
	tCalls      = unsafe.Offsetof(task.Task{}.Calls)
	noSender    = task.None
	tableSeq    = unsafe.Offsetof(task.Table{}.Seq)
	mSeq        = unsafe.Offsetof(abi.Msg{}.Seq)

	cSlot = unsafe.Offsetof(arch.Context{}.Slot)
	fAX   = unsafe.Offsetof(arch.Context{}.Frame) + unsafe.Offsetof(arch.Frame{}.AX)
	fDX   = unsafe.Offsetof(arch.Context{}.Frame) + unsafe.Offsetof(arch.Frame{}.DX)
	fDI   = unsafe.Offsetof(arch.Context{}.Frame) + unsafe.Offsetof(arch.Frame{}.DI)
	fSI   = unsafe.Offsetof(arch.Context{}.Frame) + unsafe.Offsetof(arch.Frame{}.SI)

	sSlots, sShares, sHead, sTail, sFilled = sched.OffSlots, sched.OffShares, sched.OffHead, sched.OffTail, sched.OffFilled
	sReady, sGen, sSeats, sEpoch           = sched.OffReady, sched.OffGen, sched.OffSeats, sched.OffEpoch
	slotSize, xNext, xPrev, xLevel, xOwn   = sched.SlotSize, sched.OffNext, sched.OffPrev, sched.OffLevel, sched.OffOwn
	xPays, xSeat, xTurn, xServed           = sched.OffPays, sched.OffSeat, sched.OffTurn, sched.OffServed
	shareSize, hLevel, hTurn, hLimited     = sched.ShareSize, sched.OffBand, sched.OffFullTurn, sched.OffLimited
	hGrain, hLeft, hAt, hEpoch, hOut       = sched.OffGrain, sched.OffLeft, sched.OffAt, sched.OffItsEpoch, sched.OffOut
	hUsed, noLevel                         = sched.OffUsed, sched.None
	howAlone, howFree                      = sched.Alone, sched.Free
)
