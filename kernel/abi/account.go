package abi

// AccountID names an account: the resources that one service may use, in all its lives together. It outlives
// them.
type AccountID uint32

const (
	// AccountKernel pays for everything that no service causes.
	AccountKernel AccountID = 0
	// AccountRoot is the root task's.
	AccountRoot AccountID = 1
	// MaxAccounts is one a task, and the kernel's.
	MaxAccounts = MaxTasks + 1
)

// AccountOp is the first argument of CallAccount.
type AccountOp uint64

const (
	AccountSet  AccountOp = 1 // (account, or 0 for a new one); Buf: AccountSpec → account
	AccountFree AccountOp = 2 // (account). EBUSY: tasks or images are on it
	AccountPay  AccountOp = 3 // (account): that account pays for the caller until it next receives

	AccountDropSnapshot  AccountOp = 4 // (account): no life begins with its snapshot any more
	AccountCheckSnapshot AccountOp = 5 // (account) → frames. EIO: it does not hold what it held at the first check, and is dropped; ESRCH: there is none
)

// AccountSpec is what an account may use.
//
// CPU: BudgetNS in each PeriodNS at Priority, and beyond that turns of QuantumNS among all accounts that have
// used theirs up. BudgetNS = PeriodNS is without limit.
type AccountSpec struct {
	Label         Label
	Priority      uint32 // 0..Priorities-1, 0 runs first
	Flags         uint32
	BudgetNS      uint64
	PeriodNS      uint64
	QuantumNS     uint64 // 0: DefaultQuantumNS
	ReserveFrames uint32 // pages that nobody else gets, dead or alive
	CeilingFrames uint32 // most pages: memory, page tables, images that it makes
	Images        uint32 // rows of the image table that are its own
	KeptFrames    uint32 // pages of kept memory (CallKeep), part of the reserve; it stays as it was first set
}

// Flags of an AccountSpec.
const (
	// AccountServer: its tasks work on the account of their client, from the receive that took a request to
	// their next receive, at their own priority. A request from an account that has overdrawn its budget
	// waits. It is for services only that are trusted to do what a client asked, and no more.
	AccountServer = 1 << 0
)

// Defaults of a service.
const (
	DefaultPriority  = 4
	DefaultBudgetNS  = 100_000
	DefaultPeriodNS  = 10_000_000
	DefaultQuantumNS = 1_000_000
)

// AccountInfo is a row of the table of accounts (InfoAccount). Times are of all lives.
type AccountInfo struct {
	Account     AccountID
	Tasks       uint32 // that live or are dying
	Spec        AccountSpec
	CPUNS       uint64 // charged: its own running, ring 0 for it, servers working for it
	LeftNS      int64  // of the budget now; negative: overdrawn
	Exhausted   uint64 // how often the budget was used up
	WorstWaitNS uint64 // longest time that one of its tasks was ready and did not run
	Lives       uint64
	Frames      uint64
	FramesPeak  uint64
	Images      uint32
	Hooks       uint32
	Windows     uint32
	Snapshot    uint32 // frames of what its lives begin with; 0: there is no snapshot
}
