// Package ds is the protocol of the data store, rs/ds: typed values under keys, which outlive the lives of who published them and of the store.
package ds

import "bennu/kernel/abi"

// Requests. Answers are MsgReply with Arg[0] the Errno; when that is not OK, Arg[5] is the Why. Keys, patterns and values are copied by grants. Each
// says what its repetition does, for who does not know whether it was done: the store may die between a change and the answer.
const (
	// State of a service: 32 bytes under a name made like a label, in the message. Its key is KEEPER/NAME, which is private. All three may be repeated.
	Keep   abi.MsgType = 0x1100 // name in Arg[0:2], value in Arg[2:6] → in place of an older value. EINVAL, ENOSPC
	Recall abi.MsgType = 0x1101 // name → value in Arg[1:5]. ESRCH
	Forget abi.MsgType = 0x1102 // name. ESRCH

	Publish     abi.MsgType = 0x1110 // Arg[0]: read grant of the key and, behind it, the value; Arg[1]: Lengths; Arg[2]: Flags → Arg[1]: revision. The same again changes nothing
	Retrieve    abi.MsgType = 0x1111 // Arg[0]: read and write grant that begins with the key; Arg[1]: Lengths(key, grant); Arg[2]: TypeX or 0 → Entry and value; Arg[1]: revision, Arg[2]: bytes of the value
	Delete      abi.MsgType = 0x1112 // Arg[0]: read grant of the key; Arg[1]: Lengths(key, 0). Again: ESRCH
	Subscribe   abi.MsgType = 0x1113 // Arg[0]: read grant of the pattern; Arg[1]: Lengths(pattern, 0); Arg[2]: Flags → Arg[1]: number of the subscription, Arg[2]: its revision, Arg[3]: 1 if it is new
	Unsubscribe abi.MsgType = 0x1114 // Arg[0]: number of the subscription. Again: ESRCH
	Check       abi.MsgType = 0x1115 // Arg[0]: subscription, Arg[1]: all up to this revision is known, Arg[2]: write grant, Arg[3]: length → Entry; Arg[1]: its revision, Arg[2]: the newest. EAGAIN: nothing new. Gives the same again
	List        abi.MsgType = 0x1116 // Arg[0]: read and write grant that begins with a pattern; Arg[1]: Lengths(pattern, grant); Arg[2]: where to go on, 0 first → Entry rows; Arg[1]: how many, Arg[2]: where to go on, 0: that was all
)

// Limits. A service's share is its own: nobody else can take it. The store may give less where it has little kept memory (rs/ds/store).
const (
	MaxKey           = 80 // bytes of a key, and of a pattern
	MaxValue         = 1536
	MaxSubscriptions = 4 // of one service
)

// Flags of an entry and of requests; numbers are MINIX's. An entry has one type.
type Flags uint32

const (
	PrivRetrieve  Flags = 0x2 // nobody but the owner may have the value,
	PrivOverwrite Flags = 0x4 // publish anew,
	PrivSubscribe Flags = 0x8 // or hear of it
	Private             = PrivRetrieve | PrivOverwrite | PrivSubscribe

	TypeU32    Flags = 0x10 // 4 bytes, little-endian
	TypeString Flags = 0x20
	TypeMemory Flags = 0x40
	TypeLabel  Flags = 0x100 // a service that is ready: the store alone makes these, by RS's word
	Types            = TypeU32 | TypeString | TypeMemory | TypeLabel

	Overwrite Flags = 0x1000 // Publish: an entry that is there is replaced. Subscribe: so is a subscription with the pattern
	Initial   Flags = 0x2000 // Subscribe: what is there already is told first
)

// TypeName is the type in a word.
func (f Flags) TypeName() string {
	switch f & Types {
	case TypeU32:
		return "u32"
	case TypeString:
		return "string"
	case TypeMemory:
		return "memory"
	case TypeLabel:
		return "label"
	}
	return "?"
}

// What happened to an entry since the subscriber heard of it last.
type What uint32

const (
	Published What = 1
	Changed   What = 2
	Deleted   What = 3
	Missed    What = 4 // no entry: something that the pattern is about may have happened, and nothing more of it will be told
)

func (w What) String() string {
	return [...]string{"?", "published", "changed", "deleted", "missed"}[min(w, Missed+1)%(Missed+1)]
}

// Entry is a row of Retrieve, Check and List.
type Entry struct {
	Revision    uint64 // of its last change; later changes have larger ones
	Owner       abi.Label
	Flags       Flags // type and privacy
	What        What
	Endpoint    abi.Endpoint // TypeLabel
	Incarnation uint32       // TypeLabel
	KeyLen      uint32
	ValueLen    uint32 // of the whole value; 0 when it is private to others
	KeyBytes    [MaxKey]byte
	Head        [HeadSize]byte // the value's first bytes
}

// EntrySize is bytes of an Entry, HeadSize those that it has of the value.
const (
	EntrySize = 160
	HeadSize  = 32
)

// Key is its key.
func (e *Entry) Key() string { return string(e.KeyBytes[:min(e.KeyLen, MaxKey)]) }

// U32 is the value of a TypeU32.
func (e *Entry) U32() uint32 {
	return uint32(e.Head[0]) | uint32(e.Head[1])<<8 | uint32(e.Head[2])<<16 | uint32(e.Head[3])<<24
}

// Lengths packs two lengths into Arg[1].
func Lengths(key, rest int) uint64 { return uint64(uint32(key)) | uint64(rest)<<32 }

// Why says why a request failed.
type Why uint64

const (
	WhyNone Why = iota
	WhyRequest
	WhyStranger
	WhyGrant
	WhyKey
	WhyName
	WhyType
	WhyLabel
	WhyLong
	WhyU32
	WhyExists
	WhyPrivate
	WhyNotOwner
	WhyKeys
	WhyBytes
	WhySubscriptions
	WhyNoKey
	WhyPattern
	WhySubscribed
	WhyNoSubscription
	WhyNothing
	WhyShort
	whys
)

var words = [whys]string{
	"",
	"the data store knows no such request",
	"only services may use the data store",
	"the grant does not let the data store copy",
	"a key has 1 to 80 printable characters, no blanks",
	"a key LABEL/… or drv.CLASS.LABEL is the service's of that label alone",
	"expected one type: u32, string or memory",
	"labels are published by the reincarnation server's word alone",
	"a value has at most 1536 bytes",
	"a u32 has 4 bytes",
	"the key is there already, and the request does not say that it may be overwritten",
	"its owner keeps it to itself",
	"only its owner may delete it",
	"the service has as many keys as it may have",
	"the service's share of memory for keys and values is full",
	"the service has as many subscriptions as it may have",
	"nothing is published under that key",
	"a pattern has 1 to 80 characters: those of keys, . for any, \\ before one that is meant itself, [a-z] and [^a-z], (…), |, and * + ? behind one; it is for whole keys",
	"the service has a subscription with that pattern already",
	"the service has no subscription of that number",
	"nothing has changed",
	"the grant is too short for the answer",
}

// String is the reason in words; "" for none.
func (w Why) String() string {
	if w < whys {
		return words[w]
	}
	return "for a reason that this program does not know"
}
