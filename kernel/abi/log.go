package abi

// The log has a source for each account's own lines and one for the kernel's and the root task's lines about it;
// each has room of its own. A source's lines are numbered from 0; overwritten ones are counted, and a line is read
// whole or not at all.
const (
	LogAccounts = MaxAccounts // source n: lines of account n. 0 is the kernel, 1 the root task
	LogSources  = 2 * LogAccounts
	LogLineMax  = 512 // bytes of a line; a longer one is cut, and ends with LogMark
)

// LogMark ends a line that was cut.
const LogMark = " [cut]"

// LogIndex is the index of InfoLog: a source, and the first of its lines to be read.
func LogIndex(source int, position uint64) uint64 {
	return uint64(source)<<56 | min(position, 1<<56-1)
}

// LogHeader begins Buf after InfoLog. The lines follow: LogLine, the text, zeros up to a multiple of 8 bytes.
type LogHeader struct {
	Next  uint64 // position of the line after these: the next position to ask for
	Lost  uint64 // how many lines at the position asked for were overwritten; the first one here comes after them
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
