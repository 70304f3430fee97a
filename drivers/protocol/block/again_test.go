package block

import (
	"testing"

	"bennu/drivers/protocol/block/protocoltest"
)

// Each request that block.go declares says what its repetition does; a Notice is none.
func TestRequests(t *testing.T) {
	protocoltest.Requests(t, "block.go", Requests(), Known, "Notice")
}
