package ds

import (
	"testing"

	"bennu/kernel/abi"
)

func TestStore(t *testing.T) {
	s := New(2)
	k, other := Key{1, 2}, Key{1, 3}
	check := func(what string, got, want abi.Errno) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %s, want %s", what, got.Name(), want.Name())
		}
	}
	check("zero key", s.Publish(0, Key{}, Value{}), abi.EINVAL)
	_, e := s.Retrieve(0, Key{})
	check("retrieve zero key", e, abi.EINVAL)
	check("delete zero key", s.Delete(0, Key{}), abi.EINVAL)
	check("delete missing", s.Delete(0, k), abi.ESRCH)
	check("publish", s.Publish(0, k, Value{1, 2, 3, 4}), abi.OK)
	check("overwrite", s.Publish(0, k, Value{5}), abi.OK)
	if v, e := s.Retrieve(0, k); e != abi.OK || v != (Value{5}) {
		t.Errorf("retrieve: %v, %s", v, e.Name())
	}
	_, e = s.Retrieve(1, k)
	check("another's key", e, abi.ESRCH)
	check("second", s.Publish(0, other, Value{6}), abi.OK)
	check("delete", s.Delete(0, k), abi.OK)
	if v, e := s.Retrieve(0, other); e != abi.OK || v != (Value{6}) {
		t.Errorf("after another's deletion: %v, %s", v, e.Name())
	}
	for i := uint64(1); i < MaxKeys; i++ {
		check("fill", s.Publish(0, Key{9, i}, Value{}), abi.OK)
	}
	check("one too many", s.Publish(0, Key{9, 99}, Value{}), abi.ENOSPC)
	check("overwrite in a full store", s.Publish(0, other, Value{7}), abi.OK)
	check("another owner has room", s.Publish(1, k, Value{}), abi.OK)
	s.Drop(0)
	_, e = s.Retrieve(0, other)
	check("after drop", e, abi.ESRCH)
	_, e = s.Retrieve(1, k)
	check("another's after drop", e, abi.OK)
}
