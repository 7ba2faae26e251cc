package routing

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// Group holds device types and other groups, as a customer or a reseller does.
type Group struct {
	// ID is 24 lower-case hex digits. Default: a new one.
	ID string
	// Name has 3 to 100 characters, or none.
	Name string
	// ParentID is the group above it. Default: none.
	ParentID string
	// Callbacks are its EVENT callbacks. Their IDs are 24 lower-case hex digits; those
	// without get a new one. OwnerID is set to ID. For PutGroup, nil leaves the callbacks
	// of a group that exists as they are.
	Callbacks []dispatch.TargetOptions
}

// groupState is a group between two changes. It is immutable.
type groupState struct {
	Group     // without Callbacks
	callbacks callbackList
	targets   []*dispatch.Target // the enabled ones
}

func newGroupState(g Group, list callbackList) *groupState {
	g.Callbacks = nil
	s := &groupState{Group: g, callbacks: list}
	for _, c := range list {
		if c.options.Definition.Enabled {
			s.targets = append(s.targets, c.target)
		}
	}
	return s
}

func (s *groupState) list() callbackList {
	if s == nil {
		return nil
	}
	return s.callbacks
}

func (s *groupState) group() Group {
	g := s.Group
	g.Callbacks = s.callbacks.options()
	return g
}

// usualDepth is how deep trees of groups may be for RouteEvent to allocate nothing.
const usualDepth = 16

func (r *Registry) routeEvent(id string, yield func(*dispatch.Target) bool) {
	var buf [usualDepth]*groupState
	for _, g := range r.lineage(buf[:0], id) {
		for _, t := range g.targets {
			if !yield(t) {
				return
			}
		}
	}
}

// lineage appends the group and those above it, all of one instant.
func (r *Registry) lineage(dst []*groupState, id string) []*groupState {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for g := r.groups[id]; g != nil; g = r.groups[g.ParentID] {
		dst = append(dst, g)
	}
	return dst
}

// PutGroup registers a group, or changes the one with its ID, and returns the ID.
// The error is an *InvalidError.
func (r *Registry) PutGroup(g Group) (id string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var p problems
	if g.ID == "" {
		g.ID = r.newID(&p)
	}
	before := r.groups[g.ID]
	r.checkGroup(&g, &p)
	list := before.list()
	if g.Callbacks != nil || before == nil {
		list = r.newCallbacks(g.ID, g.Callbacks, checkGroupCallback, &p)
	}
	if err := p.finish("The group is invalid"); err != nil {
		return "", err
	}
	r.own(g.ID, before.list(), list)
	r.groups[g.ID] = newGroupState(g, list)
	return g.ID, nil
}

// Group returns the group with the id, and whether there is one.
func (r *Registry) Group(id string) (Group, bool) {
	r.mu.RLock()
	s := r.groups[id]
	r.mu.RUnlock()
	if s == nil {
		return Group{}, false
	}
	return s.group(), true
}

// Groups returns the groups, by ascending id, as they are when the loop begins.
func (r *Registry) Groups() iter.Seq[Group] {
	return func(yield func(Group) bool) {
		r.mu.RLock()
		all := slices.Collect(maps.Values(r.groups))
		r.mu.RUnlock()
		slices.SortFunc(all, func(a, b *groupState) int { return cmp.Compare(a.ID, b.ID) })
		for _, s := range all {
			if !yield(s.group()) {
				return
			}
		}
	}
}

// RemoveGroup removes a group with its callbacks. The error wraps ErrNotFound, or
// ErrInUse if it has device types or groups below it.
func (r *Registry) RemoveGroup(id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groups[id]
	if g == nil {
		return notFound("group", id)
	}
	below := 0
	for _, cell := range r.types {
		if cell.state.Load().GroupID == id {
			below++
		}
	}
	for _, other := range r.groups {
		if other.ParentID == id {
			below++
		}
	}
	if below > 0 {
		return inUse("group", id, below, "device types and groups")
	}
	r.own(id, g.callbacks, nil)
	delete(r.groups, id)
	return nil
}
