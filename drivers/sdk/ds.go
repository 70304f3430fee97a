package sdk

import "bennu/kernel/abi"

// Value is the data store's unit: 32 bytes under a key.
type Value [4]uint64

func storeRequest(t abi.MsgType, key string) (m abi.Msg, ok bool) {
	l, ok := abi.MakeLabel(key)
	return LabelRequest(t, l), ok
}

// Publish keeps v under key in the data store, where it survives the driver's death. Keys are
// made like labels, and belong to the service that published them. Errors: EINVAL, ENOSPC.
func (c *Context) Publish(key string, v Value) abi.Errno {
	m, ok := storeRequest(abi.DSPublish, key)
	if !ok {
		return abi.EINVAL
	}
	copy(m.Arg[2:6], v[:])
	return c.Call(c.root, &m, rsLimit)
}

// Retrieve gives back what Publish kept. Errors: EINVAL, ESRCH.
func (c *Context) Retrieve(key string) (v Value, e abi.Errno) {
	m, ok := storeRequest(abi.DSRetrieve, key)
	if !ok {
		return v, abi.EINVAL
	}
	if e = c.Call(c.root, &m, rsLimit); e == abi.OK {
		copy(v[:], m.Arg[1:5])
	}
	return v, e
}

// Delete forgets a key. Errors: EINVAL, ESRCH.
func (c *Context) Delete(key string) abi.Errno {
	m, ok := storeRequest(abi.DSDelete, key)
	if !ok {
		return abi.EINVAL
	}
	return c.Call(c.root, &m, rsLimit)
}
