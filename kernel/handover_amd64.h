// The handover: a task that asks another one which waits for it (CallSendRec), or answers one and waits for the next request
// (CallReplyReceive), gives it the processor by hand, without the kernel's Go. What SendRec, ReplyReceive, Block, Ready, pick, charge and
// switchTo do in Go is what is right; this does the same where each of them goes its plain way, and nothing where not: then the caller does
// all of it in Go. TestGoesOnAsIfPickedAnew does the same random work with and without it.
//
// The call is one of handOverCalls.
//
// In:  DI the Context of the task that makes the call, R8 the Kernel, R13 and R14 TSC when ring 0 was last left and when it was entered.
// Out: SI the Context of the task that goes on and AX the root of its page tables; SI 0: nothing was done.
// Keeps DI, R8, R13, R14; needs 8 bytes of stack. NOW(reg) is the includer's: TSC into AX, which may destroy DX.
//
//	R9 the task, R10 the one that goes on, R11 the task's call area, R15 the scheduler, BX and CX the slots of both there, SI the share of the
//	one that goes on, R12 that of who pays for the task

#define NO_IF_NOT_0(what) CMPB what, $0; JNE no

	// Nothing has changed since the task was picked, and nothing is due.
	MOVQ	const_kTasks(R8), R12
	MOVQ	const_kSched(R8), R15
	MOVQ	const_sGen(R15), AX
	INCQ	AX
	CMPQ	AX, const_kSettled(R8)
	JNE	no
	CMPQ	R14, const_kDue(R8)
	JCC	no
	MOVQ	R13, AX
	SUBQ	const_kEntered(R8), AX
	CMPQ	AX, const_kLongest(R8)
	JHI	no
	MOVQ	const_cSlot(DI), BX
	CMPQ	BX, const_kSlot(R8)
	JNE	no
	IMUL3Q	$const_taskSize, BX, R9
	ADDQ	R12, R9
	CMPQ	const_tFirstRun(R9), $0
	JEQ	no

	// It is there, waits (so it is not the task itself) for this one's message, and may be sent it.
	MOVQ	const_fDI(DI), DX
	MOVL	DX, CX
	ANDL	$const_slotMask, CX
	IMUL3Q	$const_taskSize, CX, R10
	ADDQ	R12, R10
	CMPL	const_tWait(R10), $const_receiving
	JNE	no
	CMPL	const_tEndpoint(R10), DX
	JNE	no
	CMPB	const_tLive(R10), $0
	JEQ	no
	MOVL	const_tRecvFrom(R10), AX
	CMPL	AX, $const_fromAny
	JEQ	wanted
	CMPL	AX, const_tEndpoint(R9)
	JNE	no
wanted:
	MOVQ	const_tSendTo(R9), AX
	BTQ	CX, AX
	JCC	no
	NO_IF_NOT_0(const_tLimited(R10))
	MOVB	const_tServer(R10), AX
	ORB	const_tIsRoot(R10), AX
	JEQ	client
	CMPQ	const_tSeq(R10), $0	// a request to a server changes who pays, one to the root task is kept
	JEQ	no
client:
	MOVQ	const_tCall(R9), R11
	CMPL	4(R11), $const_msgNotify
	JEQ	no

	// The call succeeds, and the task waits without a limit.
	MOVL	const_tTraps(R9), AX
	CMPQ	const_fAX(DI), $const_callSendRec
	JNE	reply
	BTL	$const_callSendRec, AX
	JCC	no
	CMPQ	const_fSI(DI), $-1
	JNE	no
	CMPQ	const_tSeq(R10), $0	// it waits for an answer, which this is not
	JNE	no
	JMP	slots

reply:
	ANDL	$const_replyTraps, AX
	CMPL	AX, $const_replyTraps
	JNE	no
	MOVQ	const_mSeq(R11), AX	// an answer is for who waits for it, and what is none for who waits for none
	CMPQ	AX, const_tSeq(R10)
	JNE	no
	NO_IF_NOT_0(const_tIsRoot(R9))
	MOVQ	const_tIRQBits(R9), AX
	ORQ	const_tSysBits(R9), AX
	ORQ	const_tNotified(R9), AX
	ORQ	const_tAsyncFirst(R9), AX
	JNE	no
	NO_IF_NOT_0(const_tAlarm(R9))
	CMPQ	const_tSenders(R9), $const_noSender
	JNE	no

slots:
	IMULQ	$const_slotSize, BX
	LEAQ	const_sSlots(R15)(BX*1), BX
	IMULQ	$const_slotSize, CX
	LEAQ	const_sSlots(R15)(CX*1), CX
	MOVBLZX	const_xOwn(CX), SI
	IMULQ	$const_shareSize, SI
	LEAQ	const_sShares(R15)(SI*1), SI
	MOVL	const_kPayer(R8), R12
	IMULQ	$const_shareSize, R12
	LEAQ	const_sShares(R15)(R12*1), R12
	NO_IF_NOT_0(const_hOut(SI))

	// A server goes on working for its client only where that has no limit, and until it waits for the next one.
	MOVB	const_xOwn(BX), AX
	CMPB	AX, const_xPays(BX)
	JEQ	itself
	CMPQ	const_fAX(DI), $const_callSendRec
	JNE	itself
	MOVBLZX	AX, AX
	IMULQ	$const_shareSize, AX
	NO_IF_NOT_0((const_sShares+const_hLimited)(R15)(AX*1))
itself:
	// Who goes on and is limited works for itself: its time is over with its budget.
	CMPB	const_hLimited(SI), $0
	JEQ	next
	MOVB	const_xOwn(CX), AX
	CMPB	AX, const_xPays(CX)
	JNE	no

	// It is next: nobody else is at its level or a better one. The task is the first of its level: else it had not been picked.
next:
	MOVL	const_sFilled(R15), AX
	CMPW	const_xNext(BX), $const_noLevel
	JNE	best
	MOVBLZX	const_xLevel(BX), DX
	BTRL	DX, AX
best:
	BSFL	AX, DX
	JEQ	charge
	CMPL	DX, const_hLevel(SI)
	JLE	no

	// The charge neither fills the bucket of who pays, nor empties it. R11 is now, DX the ticks.
charge:
	NOW
	MOVQ	AX, R11
	MOVQ	AX, DX
	SUBQ	const_kSince(R8), DX
	CMPB	const_hLimited(R12), $0
	JEQ	arm
	CMPB	const_kHow(R8), $const_howFree
	JEQ	no
	NO_IF_NOT_0(const_hOut(R12))
	MOVQ	const_hEpoch(R12), AX
	CMPQ	AX, const_sEpoch(R15)
	JNE	no
	MOVQ	R11, AX
	SUBQ	const_hAt(R12), AX
	CMPQ	AX, const_hGrain(R12)
	JCC	no
	CMPQ	const_hLeft(R12), DX
	JLE	no

	// The timer need not be set for the end of a budget.
arm:
	CMPB	const_hLimited(SI), $0
	JEQ	charged
	CMPQ	const_sReady(R15), $1
	JEQ	charged
	CMPQ	SI, R12
	JEQ	no
	MOVQ	const_hLeft(SI), AX
	ADDQ	R11, AX
	SUBQ	const_kEntryTSC(R8), AX
	MULQ	const_kTSCMult(R8)
	SHLQ	$32, DX
	SHRQ	$32, AX
	ORQ	DX, AX
	CMPQ	AX, const_kArmed(R8)
	JCS	no
	MOVQ	R11, DX
	SUBQ	const_kSince(R8), DX

	// From here on it is done. First who pays, and turns.
charged:
	ADDQ	DX, const_hUsed(R12)
	CMPB	const_hLimited(R12), $0
	JEQ	seat
	SUBQ	DX, const_hLeft(R12)
seat:
	MOVQ	const_sSeats(R15), AX
	INCQ	AX
	MOVQ	AX, const_sSeats(R15)
	MOVQ	AX, const_xSeat(CX)
	MOVBLZX	const_xOwn(BX), R12
	CMPQ	const_xTurn(BX), DX
	JHI	turn
	INCQ	AX
	MOVQ	AX, const_sSeats(R15)
	MOVQ	AX, const_xSeat(BX)
	MOVQ	R12, AX
	IMULQ	$const_shareSize, AX
	MOVQ	(const_sShares+const_hTurn)(R15)(AX*1), AX
	MOVQ	AX, const_xTurn(BX)
	JMP	served
turn:
	SUBQ	DX, const_xTurn(BX)
served:
	CMPB	const_xPays(BX), R12
	JEQ	queue
	ADDQ	DX, const_xServed(BX)
	CMPQ	const_fAX(DI), $const_callSendRec
	JEQ	queue
	MOVB	R12, const_xPays(BX)
	MOVQ	$0, const_xServed(BX)

	// The queue: one out, one in.
queue:
	MOVL	const_sFilled(R15), R12
	MOVBLZX	const_xLevel(BX), AX
	MOVWLSX	const_xNext(BX), DX
	MOVW	DX, const_sHead(R15)(AX*2)
	CMPL	DX, $const_noLevel
	JNE	equals
	MOVW	DX, const_sTail(R15)(AX*2)
	BTRL	AX, R12
	JMP	in
equals:
	IMULQ	$const_slotSize, DX
	MOVW	$const_noLevel, (const_sSlots+const_xPrev)(R15)(DX*1)
in:
	MOVB	$const_noLevel, const_xLevel(BX)
	MOVQ	const_hLevel(SI), AX
	MOVQ	const_tSlot(R10), DX
	MOVW	DX, const_sHead(R15)(AX*2)
	MOVW	DX, const_sTail(R15)(AX*2)
	MOVB	AX, const_xLevel(CX)
	BTSL	AX, R12
	MOVL	R12, const_sFilled(R15)
	MOVW	$const_noLevel, const_xNext(CX)
	MOVW	$const_noLevel, const_xPrev(CX)

	// Who pays from now on, how, and until when.
	MOVQ	DX, const_kSlot(R8)
	MOVQ	R11, const_kSince(R8)
	XORL	DX, DX
	MOVBLZX	const_xPays(CX), AX
	MOVL	AX, const_kPayer(R8)
	CMPB	const_xOwn(CX), AX
	JNE	how
	CMPQ	const_sReady(R15), $1
	JNE	how
	MOVL	$const_howAlone, DX
how:
	MOVB	DX, const_kHow(R8)
	MOVQ	$-1, AX
	CMPB	const_hLimited(SI), $0
	JEQ	due
	MOVQ	const_hLeft(SI), AX	// at least 1: else it were used up
	ADDQ	R11, AX
due:
	MOVQ	AX, const_kDue(R8)

	// All is as pick would leave it now, so the count of changes stays. What is counted of each entry:
	INCQ	const_kHanded(R8)
	INCQ	const_kEntries(R8)
	MOVQ	R14, const_kEntered(R8)
	MOVQ	R14, AX
	SUBQ	R13, AX
	ADDQ	AX, const_tTicks(R9)
	INCQ	const_tCalls(R9)
	MOVQ	const_fAX(DI), AX
	MOVQ	AX, const_kWhy(R8)
	MOVQ	const_tMade(R9), DX
	BTSQ	AX, DX
	MOVQ	DX, const_tMade(R9)

	// The message. Vector registers are the task's no more (docs/ABI.md).
	MOVQ	const_tCall(R9), CX
	MOVQ	const_tCall(R10), DX
	MOVUPS	0(CX), X0
	MOVUPS	16(CX), X1
	MOVUPS	32(CX), X2
	MOVUPS	48(CX), X3
	MOVUPS	X0, 0(DX)
	MOVUPS	X1, 16(DX)
	MOVUPS	X2, 32(DX)
	MOVUPS	X3, 48(DX)
	MOVL	const_tEndpoint(R9), BX
	MOVL	BX, 0(DX)
	CMPB	const_tServer(R10), $0
	JEQ	asks
	MOVQ	const_tAsked(R10), DX
	MOVQ	const_tSlot(R9), R11
	BTRQ	R11, DX
	MOVQ	DX, const_tAsked(R10)
asks:
	CMPB	const_tServer(R9), $0
	JEQ	states
	CMPL	4(CX), $const_msgReply
	JEQ	states
	MOVQ	const_tAsked(R9), DX
	MOVQ	const_tSlot(R10), R11
	BTSQ	R11, DX
	MOVQ	DX, const_tAsked(R9)

	// Who waits for what.
states:
	MOVQ	const_tContext(R10), SI
	MOVL	$0, const_tWait(R10)
	MOVQ	$0, const_tSeq(R10)
	MOVL	$const_receiving, const_tWait(R9)
	MOVQ	$0, const_fAX(SI)
	MOVQ	const_tCall(R10), DX
	CMPQ	AX, $const_callSendRec
	JNE	answered
	MOVQ	const_kTasks(R8), R12
	MOVQ	const_tableSeq(R12), R11
	INCQ	R11
	MOVQ	R11, const_tableSeq(R12)
	MOVQ	R11, const_tSeq(R9)
	MOVQ	R11, const_mSeq(DX)
	MOVL	const_tEndpoint(R10), DX
	MOVL	DX, const_tRecvFrom(R9)
	MOVQ	$const_kindSendRec, const_fDX(SI)
	MOVQ	const_tRoot(R10), AX
	RET
answered:
	MOVQ	$0, const_mSeq(DX)
	MOVL	$const_fromAny, const_tRecvFrom(R9)
	MOVQ	$const_kindSendNB, const_fDX(SI)
	MOVQ	const_tRoot(R10), AX
	RET
no:
	XORL	SI, SI
	RET
