package server

import "bennu/rs/policy"

// belong tells the policy which services belong together. Labels that are not among the good services are of entries that were refused after
// they had been read: who is after one of those does not wait, who requires one is not started.
func (s *Server) belong(configs []policy.Config) {
	place := func(label string) uint64 {
		for i := range s.table[:s.good] {
			if s.table[i].name == label {
				return 1 << i
			}
		}
		return 0
	}
	var groups []string
	for i := range configs {
		c, p := &s.table[i].conf, &configs[i]
		for _, l := range c.After {
			p.After |= place(l)
		}
		for _, l := range c.Requires {
			bit := place(l)
			p.Requires |= bit
			p.Lacks = p.Lacks || bit == 0
		}
		g := &c.Group
		if g.Name == "" {
			continue
		}
		for n, name := range groups {
			if name == g.Name {
				p.Group = n + 1
			}
		}
		if p.Group == 0 {
			groups = append(groups, g.Name)
			p.Group = len(groups)
		}
		p.AllForOne, p.GroupBurst, p.GroupWindow = g.AllForOne, g.Burst, g.BurstWindow
	}
}
