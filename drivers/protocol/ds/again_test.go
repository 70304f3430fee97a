package ds

import (
	"testing"

	"bennu/drivers/protocol/block/protocoltest"
)

// Each request that ds.go declares says what its repetition does.
func TestRequests(t *testing.T) { protocoltest.Requests(t, "ds.go", Requests(), Request) }
