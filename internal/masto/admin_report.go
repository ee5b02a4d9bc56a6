package masto

// AdminReport is a report as moderators see it.
//
// Spec: Mastodon entities/Admin_Report
type AdminReport struct {
	ID            string         `json:"id"`
	ActionTaken   bool           `json:"action_taken"`
	ActionTakenAt *Time          `json:"action_taken_at"`
	Category      string         `json:"category"`
	Comment       string         `json:"comment"`
	Forwarded     bool           `json:"forwarded"`
	CreatedAt     Time           `json:"created_at"`
	UpdatedAt     Time           `json:"updated_at"`
	Account       ReportAccount  `json:"account"` // who complained
	TargetAccount ReportAccount  `json:"target_account"`
	Assigned      *ReportAccount `json:"assigned_account"`
	ActionTakenBy *ReportAccount `json:"action_taken_by_account"`
	Statuses      Array[Status]  `json:"statuses"`
	Rules         Array[Rule]    `json:"rules"`
}

// ReportAccount is somebody of a report as moderators see them. Mail and
// network addresses are never in it.
//
// Spec: Mastodon entities/Admin_Account
type ReportAccount struct {
	ID        string         `json:"id"`
	Username  string         `json:"username"`
	Domain    *string        `json:"domain"`
	CreatedAt Time           `json:"created_at"`
	Email     string         `json:"email"`
	IP        *string        `json:"ip"`
	IPs       Array[AdminIP] `json:"ips"`
	Locale    string         `json:"locale"`
	Confirmed bool           `json:"confirmed"`
	Suspended bool           `json:"suspended"`
	Silenced  bool           `json:"silenced"`
	Sensitive bool           `json:"sensitized"`
	Disabled  bool           `json:"disabled"`
	Approved  bool           `json:"approved"`
	Role      FullRole       `json:"role"`
	Account   Account        `json:"account"`
}

// AdminIP is the address of a machine that somebody used.
//
// Spec: Mastodon entities/Admin_Ip
type AdminIP struct {
	IP     string `json:"ip"`
	UsedAt Time   `json:"used_at"`
}
