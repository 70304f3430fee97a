package abi

// The log has a source for each account's own lines and one for what the kernel and the root task write about it;
// each has room of its own. A source's lines are numbered from 0; those that were overwritten are counted, and what
// is read of a line is always the whole line.
const (
	LogAccounts = MaxAccounts // source n: lines of account n. 0 is the kernel, 1 the root task
	LogSources  = 2 * LogAccounts
	LogLineMax  = 512 // bytes of a line; of a longer one the rest is cut, and it ends with LogMark
)

// LogMark ends a line of which not all is there.
const LogMark = " [cut]"

// LogIndex is the index of InfoLog: which source, and from which of its lines on.
func LogIndex(source int, position uint64) uint64 {
	return uint64(source)<<56 | min(position, 1<<56-1)
}

// LogHeader begins Buf after InfoLog. The lines follow: LogLine, the text, zeros up to a multiple of 8 bytes.
type LogHeader struct {
	Next  uint64 // position of the line after these: the next position to ask for
	Lost  uint64 // how many lines from the position asked for on were overwritten; the first one here comes after them
	End   uint64 // Seq of the next line that anybody writes
	Lines uint32 // how many follow; 0: the source has no more
	_     uint32
	Name  Label // of the account's task that wrote last
}

// LogLine is one line.
type LogLine struct {
	Seq  uint64 // place in the order of all sources' lines
	Size uint32 // bytes of text, without a newline
	_    uint32
}
