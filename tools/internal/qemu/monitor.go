package qemu

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"time"
)

// Monitor is a connection to QEMU's own control socket.
// Source: QEMU, "QEMU Machine Protocol Specification".
type Monitor struct {
	conn net.Conn
	r    *bufio.Reader
}

func (v *VM) qmpSocket() string { return filepath.Join(v.dir, "qmp") }

// Monitor connects to QEMU (Config.QMP). One connection at a time.
//
// Errors: as Dial, and those of the protocol.
func (v *VM) Monitor(ctx context.Context) (*Monitor, error) {
	socket := ""
	if v.config.QMP {
		socket = v.qmpSocket()
	}
	c, err := v.dial(ctx, socket)
	if err != nil {
		return nil, err
	}
	m := &Monitor{conn: c, r: bufio.NewReader(c)}
	if _, err = m.Execute(ctx, "qmp_capabilities", nil); err != nil {
		c.Close()
		return nil, err
	}
	return m, nil
}

// Execute runs a QMP command and returns what it returned. Events are passed over.
//
// Errors: those of the connection, of ctx's deadline, and QEMU's refusal in its words.
func (m *Monitor) Execute(ctx context.Context, command string, args map[string]any) (json.RawMessage, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(DefaultSilence)
	}
	if err := m.conn.SetDeadline(deadline); err != nil {
		return nil, fmt.Errorf("qmp %s: %w", command, err)
	}
	request := map[string]any{"execute": command}
	if args != nil {
		request["arguments"] = args
	}
	if err := json.NewEncoder(m.conn).Encode(request); err != nil {
		return nil, fmt.Errorf("qmp %s: %w", command, err)
	}
	for {
		line, err := m.r.ReadBytes('\n')
		if err != nil {
			return nil, fmt.Errorf("qmp %s: %w", command, err)
		}
		var answer struct {
			Return json.RawMessage `json:"return"`
			Error  *struct {
				Desc string `json:"desc"`
			} `json:"error"`
		}
		if err := json.Unmarshal(line, &answer); err != nil {
			return nil, fmt.Errorf("qmp %s: %w", command, err)
		}
		switch {
		case answer.Error != nil:
			return nil, fmt.Errorf("qmp %s: %s", command, answer.Error.Desc)
		case answer.Return != nil:
			return answer.Return, nil
		}
	}
}

// Keys presses and releases keys one after the other, by QEMU's names: "a", "ret", "shift".
func (m *Monitor) Keys(ctx context.Context, names ...string) error {
	for _, n := range names {
		for _, down := range []bool{true, false} {
			key := map[string]any{"type": "key", "data": map[string]any{"down": down, "key": map[string]any{"type": "qcode", "data": n}}}
			if _, err := m.Execute(ctx, "input-send-event", map[string]any{"events": []any{key}}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close ends the connection, not the machine.
func (m *Monitor) Close() error { return m.conn.Close() }
