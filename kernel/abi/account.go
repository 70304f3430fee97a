package abi

// AccountID names an account: what one service may use up, in all its lives together. It
// outlives them.
type AccountID uint32

const (
	// AccountKernel pays for what no service causes.
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
	AccountPay  AccountOp = 3 // (account): what the caller does until it next receives is on that account
)

// AccountSpec is what an account may use.
//
// Of CPU: BudgetNS in each PeriodNS at Priority, and beyond that its turns of QuantumNS among all that have used
// theirs up. BudgetNS = PeriodNS is without limit.
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
	_             uint32
}

// Flags of an AccountSpec.
const (
	// AccountServer: its tasks work on the account of who asks, from the receive that took a request to
	// their next receive, at their own priority. What comes from an account that has overdrawn its budget
	// waits. For those only who are trusted to do for a client what it asked, and no more.
	AccountServer = 1 << 0
)

// What a service has that says nothing else.
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
	WorstWaitNS uint64 // longest that one of its tasks was ready and did not run
	Lives       uint64
	Frames      uint64
	FramesPeak  uint64
	Images      uint32
	Hooks       uint32
}
