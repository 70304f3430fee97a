package abi

import "strconv"

// Errno is what a correct caller can meet. OK is 0. Numbers are MINIX's; those from
// 200 up are its own (newest tree).
type Errno uint32

const (
	OK          Errno = 0
	EPERM       Errno = 1
	ESRCH       Errno = 3
	EINTR       Errno = 4
	EIO         Errno = 5
	E2BIG       Errno = 7
	ENOEXEC     Errno = 8
	EAGAIN      Errno = 11
	ENOMEM      Errno = 12
	EFAULT      Errno = 14
	EBUSY       Errno = 16
	EEXIST      Errno = 17
	ENODEV      Errno = 19
	EINVAL      Errno = 22
	ENOSPC      Errno = 28
	EDOM        Errno = 33
	ENOSYS      Errno = 78
	ETIMEDOUT   Errno = 110
	ESTALE      Errno = 116 // the message quotes a request that nobody waits for (any more)
	ENOTREADY   Errno = 201 // the target is not waiting (sendnb)
	EDEADSRCDST Errno = 202 // the endpoint names no living task
	ELOCKED     Errno = 208 // a cycle of senders would never end
	EBADCALL    Errno = 209 // no such call
	ECALLDENIED Errno = 210 // the send mask or the call mask says no
	ETRAPDENIED Errno = 211 // the trap mask says no
	EINDOUBT    Errno = 230 // the SDK: the request may have been done or not, and is not one to be made again (Repeat). No MINIX number
)

// errnoNames is a table, not a map: a map would be built at each start of each task.
var errnoNames = [...]struct {
	e          Errno
	name, text string
}{
	{OK, "OK", "success"},
	{EPERM, "EPERM", "not permitted"},
	{ESRCH, "ESRCH", "no such service or task"},
	{EINTR, "EINTR", "interrupted"},
	{EIO, "EIO", "input/output error"},
	{E2BIG, "E2BIG", "too long"},
	{ENOEXEC, "ENOEXEC", "not an executable of this ABI"},
	{EAGAIN, "EAGAIN", "nothing now, try again"},
	{ENOMEM, "ENOMEM", "out of memory"},
	{EFAULT, "EFAULT", "bad address"},
	{EBUSY, "EBUSY", "in use"},
	{EEXIST, "EEXIST", "exists already"},
	{ENODEV, "ENODEV", "no such device"},
	{EINVAL, "EINVAL", "invalid argument"},
	{ENOSPC, "ENOSPC", "table full"},
	{EDOM, "EDOM", "out of range"},
	{ENOSYS, "ENOSYS", "not implemented"},
	{ETIMEDOUT, "ETIMEDOUT", "timed out"},
	{ESTALE, "ESTALE", "nobody waits for that answer any more"},
	{ENOTREADY, "ENOTREADY", "the target is not ready"},
	{EDEADSRCDST, "EDEADSRCDST", "the source or destination is dead"},
	{ELOCKED, "ELOCKED", "deadlock avoided"},
	{EBADCALL, "EBADCALL", "no such call"},
	{ECALLDENIED, "ECALLDENIED", "call or destination not allowed by the privileges"},
	{ETRAPDENIED, "ETRAPDENIED", "IPC primitive not allowed by the privileges"},
	{EINDOUBT, "EINDOUBT", "no answer has come: it is not known whether it was done"},
}

// Name is the symbol: "EPERM".
func (e Errno) Name() string {
	for i := range errnoNames {
		if errnoNames[i].e == e {
			return errnoNames[i].name
		}
	}
	return "E" + strconv.FormatUint(uint64(e), 10)
}

// Text is the symbol's meaning in words.
func (e Errno) Text() string {
	for i := range errnoNames {
		if errnoNames[i].e == e {
			return errnoNames[i].text
		}
	}
	return "unknown error"
}

// Err makes an error of e at the edge of Go code: nil for OK.
func (e Errno) Err() error {
	if e == OK {
		return nil
	}
	return errnoError(e)
}

type errnoError Errno

func (e errnoError) Error() string { return Errno(e).Name() + ": " + Errno(e).Text() }

// AsErrno takes back what Err made; EIO for any other error, OK for nil.
func AsErrno(err error) Errno {
	if err == nil {
		return OK
	}
	if e, ok := err.(errnoError); ok {
		return Errno(e)
	}
	return EIO
}
