package abi

// WindowID names a window: memory of one task, its owner, that others see, too. No other window ever has the same, so
// that a stale one fails.
type WindowID uint64

// WindowOp is the first argument of CallWindow.
type WindowOp uint64

const (
	WindowCreate WindowOp = 1 // (size, flags) → address; Buf: WindowView. Zeros, at the caller's expense
	WindowAllow  WindowOp = 2 // (WindowID, endpoint, WindowRights): lets a task see it, that the caller may send to
	WindowMap    WindowOp = 3 // (WindowID, owner's endpoint) → address; Buf: WindowView
	WindowUnmap  WindowOp = 4 // (WindowID): the caller, not the owner, sees it no more
	WindowRevoke WindowOp = 5 // (WindowID, endpoint): what Allow and Map did is undone
	WindowFree   WindowOp = 6 // (WindowID): gone, for everybody
)

// WindowRights is what a task may do with a window's memory. Nobody ever executes it.
type WindowRights uint32

const (
	WindowRead  WindowRights = 1 << 0 // never left out
	WindowWrite WindowRights = 1 << 1
)

// WindowKeep is the only flag of a window: when its owner ends, those who see it go on seeing it, with the content that it has,
// until they let go of it; it stays on the owner's account. Without, all that see it lose it in that moment.
const WindowKeep = 1 << 0

// Limits of windows. Each is a share that nobody else can take.
const (
	MaxWindows       = 4        // of an account
	MaxWindowSize    = 16 << 20 // bytes
	MaxWindowHolders = 8        // tasks that one is let to, its owner not counted
	MaxTaskWindows   = 16       // that a task sees at a time, its own included
	WindowRows       = MaxAccounts * MaxWindows
)

// WindowView is a window as one task sees it.
type WindowView struct {
	ID      WindowID
	Address uint64
	Size    uint64 // bytes, whole pages
	Rights  WindowRights
	_       uint32
}

// WindowHolder is a task that a window is let to.
type WindowHolder struct {
	Endpoint Endpoint
	Rights   WindowRights
	Address  uint64 // where it sees the window; 0: it does not
}

// WindowInfo is a row of the table of windows (InfoWindow).
type WindowInfo struct {
	ID      WindowID
	Owner   Endpoint
	Account AccountID // that it is charged to
	Size    uint64    // bytes
	Frames  uint64    // page tables included
	Flags   uint32
	Left    uint32 // 1: its owner has ended
	Holders [MaxWindowHolders]WindowHolder
}
