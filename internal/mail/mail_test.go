package mail_test

import (
	"context"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/mail"
	"github.com/maillage/maillage/internal/testkit"
)

var ctx = context.Background()

func send(t *testing.T, n *testkit.Node, l mail.Letter) {
	t.Helper()
	if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return n.Mail.Enqueue(ctx, tx, l) }); err != nil {
		t.Fatal(err)
	}
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
}

func letter(to string) mail.Letter {
	return mail.Letter{To: to, ToName: "Zoé", Lang: "fr", Subject: "Réunion\r\nBcc: x@y.example", Leave: "https://section.example/visite", About: "42", Blocks: []mail.Block{
		{Text: "Bonjour <b>Zoé</b>"}, {Facts: [][2]string{{"Où", "Salle 204"}, {"Lien", "https://visio.example/a?b=1&c=2"}}}, {Label: "Voir", URL: "https://section.example/agenda/1"}, {Foot: "Merci"}},
		Calendar: &mail.Calendar{Method: "REQUEST", Body: []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")}}
}

// TestLetter reads a letter as a mail program does.
func TestLetter(t *testing.T) {
	n, box := testkit.NewMailing(t, testkit.SQLite)
	send(t, n, letter("zoe@dehors.example"))
	l := box.Last("zoe@dehors.example")
	if l.Subject != "Réunion Bcc: x@y.example" || l.Header.Get("Bcc") != "" {
		t.Errorf("subject %q, %v", l.Subject, l.Header)
	}
	if !strings.Contains(l.Header.Get("From"), "<agenda@section.example>") || l.Header.Get("Auto-Submitted") != "auto-generated" || l.Header.Get("List-Unsubscribe") != "<https://section.example/visite>" ||
		l.Header.Get("Date") == "" || !strings.HasSuffix(l.Header.Get("Message-Id"), "@127.0.0.1>") {
		t.Errorf("header %v", l.Header)
	}
	for _, want := range []string{"Bonjour <b>Zoé</b>", "Où : Salle 204", "https://visio.example/a?b=1&c=2", "https://section.example/agenda/1", "Merci"} {
		if !strings.Contains(l.Text, want) {
			t.Errorf("no %q in the text %q", want, l.Text)
		}
	}
	if strings.Contains(l.HTML, "<b>Zoé") || !strings.Contains(l.HTML, `href="https://visio.example/a?b=1&amp;c=2"`) || strings.Contains(l.HTML, "<img") || strings.Contains(l.HTML, "src=") {
		t.Errorf("HTML %s", l.HTML)
	}
	if l.Method != "REQUEST" || !strings.HasPrefix(l.ICS, "BEGIN:VCALENDAR") || !strings.HasPrefix(l.Files["invitation.ics"], "BEGIN:VCALENDAR") {
		t.Errorf("the invitation: %q %q %v", l.Method, l.ICS, l.Files)
	}
}

// TestRefusedLetterIsDropped: an address that does not exist leaves nothing behind;
// a server that is busy is asked again.
func TestRefusedLetterIsDropped(t *testing.T) {
	n, box := testkit.NewMailing(t, testkit.SQLite)
	box.Refuse = func(to string) error {
		if strings.HasPrefix(to, "rien") {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
		}
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "later"}
	}
	send(t, n, letter("rien@dehors.example"))
	send(t, n, letter("plus-tard@dehors.example"))
	rows, err := db.All[struct {
		Payload   string
		LastError string
	}](ctx, n.DB.Read(), `select payload, last_error from job where kind = 'mail.send'`)
	if err != nil || len(rows) != 1 || !strings.Contains(rows[0].Payload, "plus-tard@") || strings.Contains(rows[0].LastError, "@") || !strings.Contains(rows[0].LastError, "451") {
		t.Errorf("%+v %v", rows, err)
	}
}

func TestAddress(t *testing.T) {
	for in, want := range map[string]string{"  Ana@Exemple.FR ": "Ana@exemple.fr", "a.b+c@d.example": "a.b+c@d.example", "ana": "", "ana@local": "", "Ana <ana@x.example>": "",
		"a@b.example, c@d.example": "", "a@b.example\r\nBcc: c@d.example": "", "\"a b\"@c.example": "", "a@@b.example": "", strings.Repeat("a", 250) + "@b.example": ""} {
		got, err := mail.Address(in)
		if got != want || (want == "") != (err != nil) || err != nil && !apperr.Is(err, apperr.KindInvalid) {
			t.Errorf("%q is %q, %v", in, got, err)
		}
	}
}
