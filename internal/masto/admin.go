package masto

// AdminDomainBlock is a rule against a server, as those who run ours see it.
//
// Spec: Mastodon entities/Admin_DomainBlock
type AdminDomainBlock struct {
	ID             string  `json:"id"`
	Domain         string  `json:"domain"`
	Digest         string  `json:"digest"` // SHA-256 of the domain, in hexadecimal
	CreatedAt      Time    `json:"created_at"`
	Severity       string  `json:"severity"` // noop, silence, suspend
	RejectMedia    bool    `json:"reject_media"`
	RejectReports  bool    `json:"reject_reports"`
	PrivateComment *string `json:"private_comment"`
	PublicComment  *string `json:"public_comment"`
	Obfuscate      bool    `json:"obfuscate"`
}

// AdminDomainAllow is a server that always passes.
//
// Spec: Mastodon entities/Admin_DomainAllow
type AdminDomainAllow struct {
	ID        string `json:"id"`
	Domain    string `json:"domain"`
	CreatedAt Time   `json:"created_at"`
}

// AdminMeasure is something counted, in all and by day. Numbers are texts.
//
// Spec: Mastodon entities/Admin_Measure
type AdminMeasure struct {
	Key           string                  `json:"key"`
	Unit          *string                 `json:"unit"`
	HumanValue    *string                 `json:"human_value,omitempty"`
	Total         string                  `json:"total"`
	PreviousTotal *string                 `json:"previous_total,omitempty"` // in as many days before
	Data          Array[AdminMeasureDate] `json:"data"`
}

// AdminMeasureDate is the count of one day.
type AdminMeasureDate struct {
	Date  Time   `json:"date"`
	Value string `json:"value"`
}

// AdminDimension is something counted by what it is.
//
// Spec: Mastodon entities/Admin_Dimension
type AdminDimension struct {
	Key  string                     `json:"key"`
	Data Array[AdminDimensionValue] `json:"data"`
}

// AdminDimensionValue is one row of a dimension.
type AdminDimensionValue struct {
	Key        string  `json:"key"`
	HumanKey   string  `json:"human_key"`
	Value      string  `json:"value"`
	Unit       *string `json:"unit,omitempty"`
	HumanValue *string `json:"human_value,omitempty"`
}

// DomainBlock is a rule against a server, as those who run ours publish it.
//
// Spec: Mastodon entities/DomainBlock
type DomainBlock struct {
	Domain   string `json:"domain"` // in part, when they chose so
	Digest   string `json:"digest"` // SHA-256 of the whole name
	Severity string `json:"severity"`
	Comment  string `json:"comment"`
}
