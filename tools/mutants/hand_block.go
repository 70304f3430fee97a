package main

// handBlock is mistakes by which data on disks is lost, or a device believed.
var handBlock = []mutation{
	{id: "block-range-wraps", file: "drivers/protocol/block/codec.go", before: "case r.Sector > MaxSector || r.Sector+r.Sectors > MaxSector:", after: "case r.Sector+r.Sectors > MaxSector:", why: "a range that wraps is one"},
	{id: "block-free-order", file: "drivers/sdk/block/client/order.go", before: "case (b.state == sent || b.seq < o.seq) && conflict(o, b):", after: "case b.state == sent && conflict(o, b):", why: "writes that overlap are repeated in any order"},
	{id: "block-flush-waits", file: "drivers/sdk/block/client/order.go", before: "case o.Op == block.Flush && b.told:", after: "case o.Op == block.Flush && b.told && b.seq < o.seq:", why: "a flush is OK while a newer content of its sectors is not there"},
	{id: "block-redo", file: "drivers/sdk/block/client/order.go", before: "\t\t\t\tb.redo = true // it may have read what was forgotten, or been written over by then\n", after: "", why: "a read gives what the device has forgotten"},
	{id: "block-replaces", file: "drivers/sdk/block/client/answer.go", before: "\t\tif changes(o) {\n\t\t\tc.replaces(o)\n\t\t}\n", after: "", why: "older content is repeated over newer"},
	{id: "block-covered", file: "drivers/sdk/block/client/order.go", before: "o.state == kept && o.ack <= f.ack && o.epoch == f.epoch", after: "o.state == kept && o.epoch == f.epoch", why: "a flush covers writes that were answered after it began"},
	{id: "block-server-epoch", file: "drivers/sdk/block/server/done.go", before: "case j.op == block.Flush && j.Epoch != 0 && forgot(s.device, j.Epoch):", after: "case false:", why: "a flush is OK over a reset"},
	{id: "block-fua-epoch", file: "drivers/sdk/block/server/done.go", before: "\t\tif j.Op == j.op {\n", after: "\t\tif true {\n", why: "a durable write is forgotten between write and flush"},
	{id: "block-close-waits", file: "drivers/sdk/block/server/server.go", before: "if !x.closing || x.open > 0 {", after: "if !x.closing {", why: "a window is given back while the device writes to it"},
	{id: "block-owner", file: "drivers/sdk/block/server/server.go", before: "uint64(x.number) == number && x.owner == owner && !x.closing", after: "uint64(x.number) == number && !x.closing", why: "sessions of others are anybody's"},
	{id: "block-window-end", file: "drivers/sdk/block/server/server.go", before: "if g.At()+g.Sectors() > x.sectors {", after: "if g.At() >= x.sectors {", why: "the device reaches past a window"},
	{id: "virtio-jump", file: "drivers/virtioblk/virtio/ring.go", before: "if int(ready) > r.n {", after: "if int(ready) > r.size {", why: "old entries of the used ring are new ones"},
	{id: "virtio-head", file: "drivers/virtioblk/virtio/ring.go", before: "|| int(id)%r.per != 0 || r.busy[slot] == 0 {", after: "|| r.busy[slot] == 0 {", why: "a number that is no request's ends one"},
	{id: "virtioblk-short", file: "drivers/virtioblk/disk/recover.go", before: "(written == want || j.Op != block.Read)", after: "written <= want", why: "a read that was not done is OK"},
	{id: "virtioblk-master", file: "drivers/virtioblk/disk/recover.go", before: "\t\td.bus.Master(false)\n\t\td.broken, d.retry", after: "\t\td.broken, d.retry", why: "a device that was given up goes on writing"},
	{id: "virtioblk-epoch", file: "drivers/virtioblk/disk/recover.go", before: "\td.hard++\n\td.resets++\n", after: "\td.hard++\n", why: "a reset of the device is no new epoch"},
	{id: "block-open-again", file: "drivers/sdk/block/client/client.go", before: "s.again, s.asked = true, false\n", after: "\n", why: "a client whose Open was not answered waits for ever"},
	{id: "block-open-tag", file: "drivers/sdk/block/client/answer.go", before: "\t\tif !s.again {\n", after: "\t\tif true {\n", why: "a client that asks faster than it is answered is never answered"},
	{id: "dma-map-owner", file: "kernel/space/dma.go", before: "w.owner != owner || ", after: "", why: "a client has a device reach what another has let"},
	{id: "virtioblk-owner", file: "drivers/virtioblk/hardware.go", before: "b.f.MapWindow(w, owner, fill)", after: "b.f.MapWindow(w, abi.MakeEndpoint(7, 1), fill)", why: "the driver names another owner than the client"},
	{id: "virtioblk-size", file: "drivers/virtioblk/hardware.go", before: "if bytes > x.bytes {", after: "if false {", why: "a session is longer than its window"},
	{id: "sdk-reset-hooks", file: "drivers/sdk/pci.go", before: "i < len(p.asked) && e == abi.OK", after: "false", why: "after a reset no interrupt comes"},
}
