package block

import "bennu/kernel/abi"

// Why says why a request failed.
type Why uint64

const (
	WhyNone Why = iota
	WhyRequest
	WhyFlags
	WhyEmpty
	WhyVector
	WhyRange
	WhyWindow
	WhyLong
	WhyBlock
	WhyEnd
	WhyStranger
	WhySession
	WhyRevoked
	WhyReadOnly
	WhyFill
	WhyDepth
	WhySessions
	WhyEpoch
	WhyDevice
	WhyGone
	WhyCannot
	WhyUnconfined
	whys
)

var whyTable = [whys]struct {
	e     abi.Errno
	words string
}{
	{abi.OK, ""},
	{abi.ENOSYS, "the driver knows no such request"},
	{abi.EINVAL, "the request has flags that mean nothing there"},
	{abi.EINVAL, "a range has no sectors"},
	{abi.EINVAL, "the vector has 1 to 8 segments, and nothing behind them"},
	{abi.EINVAL, "the range of sectors ends past all devices"},
	{abi.EDOM, "a segment ends past the window"},
	{abi.E2BIG, "the request is longer than the geometry allows"},
	{abi.EINVAL, "the range does not begin and end with blocks"},
	{abi.EDOM, "the range ends past the device's end"},
	{abi.EPERM, "the driver's arguments do not name the client for that"},
	{abi.ESRCH, "the client has no such session"},
	{abi.EFAULT, "the device cannot reach the window: it is gone, taken back, or not let to the driver"},
	{abi.EPERM, "the device or the session is for reading only"},
	{abi.EPERM, "the session's window is not for the device to write to"},
	{abi.EAGAIN, "as many requests of the session are open as may be"},
	{abi.ENOSPC, "the client has as many sessions as it may have, or the driver has no place for one more client"},
	{abi.ESTALE, "the device may have forgotten writes of that epoch"},
	{abi.EIO, "the device did not do it, also after it was reset"},
	{abi.ENODEV, "the device is gone"},
	{abi.ENOSYS, "the device cannot do that"},
	{abi.ENOSYS, "nothing confines the device's DMA, and the driver does not copy: no client's window is let to the device"},
}

// String is the reason in words; "" for none.
func (w Why) String() string {
	if w < whys {
		return whyTable[w].words
	}
	return "for a reason that this program does not know"
}

// Errno is the error that goes with it. Precondition: it is one of the above.
func (w Why) Errno() abi.Errno { return whyTable[w].e }
