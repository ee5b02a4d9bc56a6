package visitor

// Client makes requests to other servers, guarded.
type Client interface{}
