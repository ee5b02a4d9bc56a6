package testkit

import (
	"context"
	"testing"
	"time"
)

// Cluster is several instances that federate.
type Cluster []*Node

// NewCluster runs n instances on SQLite.
func NewCluster(t testing.TB, n int) Cluster {
	t.Helper()
	c := make(Cluster, n)
	for i := range c {
		c[i] = New(t)
	}
	return c
}

// Settle waits until no instance has anything left to do: what one delivers,
// another may answer.
func (c Cluster) Settle() {
	c[0].T.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for before := -1; ; {
		begun := 0
		for _, n := range c {
			if err := n.Idle(ctx); err != nil {
				c[0].T.Fatalf("the cluster does not settle: %s: %v", n.Host, err)
			}
			begun += n.Begun()
		}
		if begun == before {
			return // a whole round in which nobody began anything
		}
		before = begun
	}
}

// Follow makes who on n follow other on m, through the network if they differ.
func (c Cluster) Follow(n *Node, who string, m *Node, other string) {
	n.T.Helper()
	ctx := context.Background()
	target := m.Person(other, true).ID
	if n != m {
		id, err := n.Engine.Account(ctx, other, m.Host)
		if err != nil {
			n.T.Fatalf("%s does not find %s: %v", who, m.Handle(other), err)
		}
		target = id
	}
	if err := n.Follows.Follow(ctx, n.Person(who, true).ID, target, nil); err != nil {
		n.T.Fatalf("%s does not follow %s: %v", who, m.Handle(other), err)
	}
	c.Settle()
}
