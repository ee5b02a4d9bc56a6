package timeline

import (
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/masto"
)

// entity is a conversation as client apps show it to v.
//
// Spec: Mastodon entities/Conversation
func (c *Conversation) entity(s *Service, v *auth.Viewer) masto.Conversation {
	return masto.Conversation{
		ID: masto.ID(c.ID), Unread: c.Unread, Accounts: s.Posts.Accounts.Entities(c.People), LastStatus: masto.Ptr(s.Posts.Entity(v, c.Last)),
	}
}

// apiConversationRoutes declares the endpoints of direct posts by thread.
//
// Spec: Mastodon conversations
func (s *Service) apiConversationRoutes(r *masto.Router) {
	r.Get("/api/v1/conversations", "read:statuses", s.apiConversations)
	r.Post("/api/v1/conversations/{id}/read", "write:conversations", s.apiReadConversation)
	r.Delete("/api/v1/conversations/{id}", "write:conversations", s.apiPutAway)
}

func (s *Service) apiConversations(r *masto.Req) error {
	p := r.Page()
	list, err := s.Conversations(r.Context(), r.Viewer, p)
	if err != nil {
		return err
	}
	masto.LinkFor(r, p, list, func(c Conversation) int64 { return c.Last.ID })
	out := make([]masto.Conversation, len(list))
	for i := range list {
		out[i] = list[i].entity(s, r.Viewer)
	}
	return masto.List(r, out)
}

func (s *Service) apiConversation(r *masto.Req) (*Conversation, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	return s.Conversation(r.Context(), r.Viewer, id)
}

// Spec: Mastodon conversations#read
func (s *Service) apiReadConversation(r *masto.Req) error {
	c, err := s.apiConversation(r)
	if err != nil {
		return err
	}
	if err := s.ReadConversation(r.Context(), r.Viewer, c); err != nil {
		return err
	}
	c.Unread = false
	return r.OK(c.entity(s, r.Viewer))
}

// Spec: Mastodon conversations#delete
func (s *Service) apiPutAway(r *masto.Req) error {
	c, err := s.apiConversation(r)
	if err != nil {
		return err
	}
	if err := s.PutAway(r.Context(), r.Viewer, c); err != nil {
		return err
	}
	return r.Empty()
}
