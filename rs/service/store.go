package service

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"bennu/drivers/protocol/ds"
	"bennu/kernel/abi"
)

// dsLabel is the data store.
var dsLabel, _ = abi.MakeLabel("ds")

// shared is memory that a request to the store shares.
type shared struct {
	b     []byte
	write bool
	read  bool
	text  string // what it begins with, whenever it is asked: a store that died may have begun to write its answer there
}

// askStore asks the data store, wherever it is. A store that dies over it is asked again in its next life: each request may be
// repeated. Precondition of s: it stays as it is until done is called; nil: nothing is shared. Its grant is Arg[0].
func (a *Asker) askStore(m abi.Msg, s *shared, limit time.Duration, tries int, done func(m *abi.Msg, e abi.Errno)) {
	if a.store == 0 {
		find := abi.Msg{Type: abi.RSLookup}
		find.Arg[0], find.Arg[1] = abi.PackLabel(dsLabel)
		a.Ask(a.RS(), find, LimitRS, func(found *abi.Msg, e abi.Errno) {
			switch {
			case e == abi.EAGAIN && found != nil && tries > 0: // it is about to be ready
				a.After(storePause, func() { a.askStore(m, s, limit, tries-1, done) })
			case e == abi.ESRCH || e == abi.EAGAIN && found != nil:
				done(nil, abi.ENODEV)
			case e != abi.OK:
				done(nil, e)
			case found.Arg[1] == 0: // no task's
				done(nil, abi.EIO)
			default:
				a.store = abi.Endpoint(found.Arg[1])
				a.askStore(m, s, limit, tries, done)
			}
		})
		return
	}
	to := a.store
	var grant abi.GrantID
	if s != nil {
		copy(s.b, s.text)
		var ok bool
		if grant, ok = a.grantStore(to, s); !ok {
			done(nil, abi.ENOSPC)
			return
		}
		m.Arg[0] = uint64(grant)
	}
	a.Ask(to, m, limit, func(answer *abi.Msg, e abi.Errno) {
		if s != nil {
			a.Revoke(grant)
		}
		if e == abi.EDEADSRCDST { // the kernel's: the store does not answer so
			if a.store == to {
				a.store = 0
			}
			if tries > 0 {
				a.askStore(m, s, limit, tries-1, done)
				return
			}
		}
		done(answer, e)
	})
}

// A store that is being reborn is looked for again after a while, so many times: two seconds.
const (
	storePause = 50 * time.Millisecond
	storeTries = 40
)

func (a *Asker) grantStore(to abi.Endpoint, s *shared) (abi.GrantID, bool) {
	if s.read && s.write {
		return a.GrantBoth(to, s.b)
	}
	return a.Grant(to, s.b, s.write)
}

// Keep keeps 32 bytes of the task's own under a name in the data store. It may be asked again, and is to be when the store died over
// it: the next Keep looks where it is. While it lives, a Keep takes no memory.
func (a *Asker) Keep(name abi.Label, v [4]uint64, done func(m *abi.Msg, e abi.Errno)) {
	m := abi.Msg{Type: ds.Keep}
	m.Arg[0], m.Arg[1] = abi.PackLabel(name)
	copy(m.Arg[2:6], v[:])
	if a.store == 0 {
		a.askStore(m, nil, LimitDriver, storeTries, done)
		return
	}
	a.Ask(a.store, m, LimitDriver, done)
}

// ForgetStore has the next request look where the data store is.
func (a *Asker) ForgetStore() { a.store = 0 }

// store runs the commands of the data store.
func store(a *Asker, r Request, done func(Result)) {
	switch r.Op {
	case OpStoreList:
		list := r.Key
		if list == "" {
			list = ".*"
		}
		entries(a, list, 0, nil, done)
	case OpStoreGet:
		retrieve(a, r.Key, 0, done)
	case OpStorePut:
		b := append([]byte(r.Key), r.Value...)
		m := abi.Msg{Type: ds.Publish, Arg: [7]uint64{1: ds.Lengths(len(r.Key), len(r.Value)), 2: uint64(r.Type | ds.Overwrite)}}
		a.askStore(m, &shared{b: b, read: true}, LimitDriver, storeTries, stored(done))
	case OpStoreDelete:
		m := abi.Msg{Type: ds.Delete, Arg: [7]uint64{1: ds.Lengths(len(r.Key), 0)}}
		a.askStore(m, &shared{b: []byte(r.Key), read: true}, LimitDriver, storeTries, stored(done))
	}
}

// stored ends a request whose answer says nothing more.
func stored(done func(Result)) func(*abi.Msg, abi.Errno) {
	return func(m *abi.Msg, e abi.Errno) { done(Result{Errno: e, Text: storeReason(m, e)}) }
}

func storeReason(m *abi.Msg, e abi.Errno) string {
	switch {
	case e == abi.OK:
		return ""
	case m != nil && m.Arg[5] != 0:
		return ds.Why(m.Arg[5]).String()
	case e == abi.ENODEV:
		return "no data store: the service ds is not ready"
	}
	return driver("the data store ds", m, e)
}

// entries asks for rows until there are no more.
func entries(a *Asker, pattern string, from uint64, have []ds.Entry, done func(Result)) {
	rows := make([]ds.Entry, 16)
	mem := memory(rows)
	m := abi.Msg{Type: ds.List, Arg: [7]uint64{1: ds.Lengths(len(pattern), len(mem)), 2: from}}
	a.askStore(m, &shared{mem, true, true, pattern}, LimitDriver, storeTries, func(m *abi.Msg, e abi.Errno) {
		if e != abi.OK {
			done(Result{Errno: e, Text: storeReason(m, e)})
			return
		}
		have = append(have, rows[:min(m.Arg[1], uint64(len(rows)))]...)
		if m.Arg[2] > from {
			entries(a, pattern, m.Arg[2], have, done)
			return
		}
		done(Result{Entries: have})
	})
}

// retrieve asks for a value; where there is none, for the service of that label.
func retrieve(a *Asker, key string, t ds.Flags, done func(Result)) {
	mem := make([]byte, ds.EntrySize+ds.MaxValue)
	m := abi.Msg{Type: ds.Retrieve, Arg: [7]uint64{1: ds.Lengths(len(key), len(mem)), 2: uint64(t)}}
	a.askStore(m, &shared{mem, true, true, key}, LimitDriver, storeTries, func(m *abi.Msg, e abi.Errno) {
		if e == abi.ESRCH && m != nil && t == 0 {
			retrieve(a, key, ds.TypeLabel, done)
			return
		}
		res := Result{Errno: e, Text: storeReason(m, e)}
		if e == abi.OK {
			res.Entries = make([]ds.Entry, 1)
			n := copy(abi.Bytes(&res.Entries[0]), mem)
			res.Value = mem[n : n+int(min(m.Arg[2], ds.MaxValue))]
		}
		done(res)
	})
}

func setKey(r *Request, s string) bool {
	r.Key = s
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) > 0 && len(s) <= ds.MaxKey
}

// setValue takes a value for `put`, whose type follows.
func setValue(r *Request, s string) bool {
	r.Value, r.Type = s, ds.TypeString
	return len(s) <= ds.MaxValue
}

// setType makes another value of the text.
func setType(r *Request, s string) bool {
	switch s {
	case "string":
	case "u32":
		n, ok := number(r.Value, 0, 1<<32-1)
		if !ok {
			return false
		}
		r.Value, r.Type = string(binary.LittleEndian.AppendUint32(nil, uint32(n))), ds.TypeU32
	case "memory":
		b, err := hex.DecodeString(r.Value)
		if err != nil {
			return false
		}
		r.Value, r.Type = string(b), ds.TypeMemory
	default:
		return false
	}
	return true
}

// StoreValue is a value for people: all of it, or its first bytes.
func StoreValue(e *ds.Entry, value []byte) string {
	switch {
	case e.Flags&ds.TypeLabel != 0:
		return "endpoint " + Decimal(uint64(e.Endpoint)) + ", incarnation " + Decimal(uint64(e.Incarnation))
	case e.Flags&ds.TypeU32 != 0 && len(value) == 4:
		return Decimal(uint64(binary.LittleEndian.Uint32(value)))
	case e.Flags&ds.TypeString != 0:
		return strconv.QuoteToASCII(string(value))
	}
	return hex.EncodeToString(value)
}

// PrivateWords says what of an entry its owner keeps to itself.
func PrivateWords(f ds.Flags) string {
	var words []string
	for _, w := range [...]struct {
		f    ds.Flags
		word string
	}{{ds.PrivRetrieve, "retrieve"}, {ds.PrivOverwrite, "overwrite"}, {ds.PrivSubscribe, "subscribe"}} {
		if f&w.f != 0 {
			words = append(words, w.word)
		}
	}
	return strings.Join(words, ",")
}

// EntryTable is entries of the data store for people.
func EntryTable(rows []ds.Entry) string {
	var t table
	t.row("KEY", "TYPE", "OWNER", "PRIVATE", "VALUE")
	for i := range rows {
		e := &rows[i]
		value := StoreValue(e, e.Head[:min(e.ValueLen, ds.HeadSize)])
		switch {
		case e.Flags&ds.PrivRetrieve != 0 && e.ValueLen == 0:
			value = "-"
		case e.ValueLen > ds.HeadSize:
			value += "… (" + Decimal(uint64(e.ValueLen)) + " bytes)"
		}
		t.row(e.Key(), e.Flags.TypeName(), e.Owner.String(), or(PrivateWords(e.Flags), "-"), value)
	}
	return t.String()
}

// entryText is one entry with its value.
func entryText(res *Result) string {
	e := &res.Entries[0]
	return e.Key() + " (" + e.Flags.TypeName() + " of " + e.Owner.String() + "): " + StoreValue(e, res.Value) + "\n"
}
