// Package walk tests the guide's walk through a driver of one's own: docs/CAMPAIGNS.md, "Bring your own driver".
package walk
