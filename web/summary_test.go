package web

import (
	"regexp"
	"testing"
)

// TestSummaryNamesFields: each line on top of a form says which field it speaks of, in the
// words beside that field, once, and leads to it.
func TestSummaryNamesFields(t *testing.T) {
	const src = `{{define "main"}}{{template "error-summary" .Data.Summary}}<form>{{range .Data.Fields}}{{template "field" .}}{{end}}
<label for="compose-title">Titre <b>du texte</b></label><input id="compose-title" name="heading">
<details id="poll"><summary>Sondage</summary></details>
<fieldset id="items"><legend>Ordre du jour <span class="optional">(facultatif)</span></legend><input name="item"></fieldset>
<input id="told" name="told" aria-label="Le prénom"><input id="mute" name="mute"><input type="hidden" name="csrf" value="a"></form>{{end}}`
	v := struct {
		Summary ErrorSummary
		Fields  []Field
	}{
		Fields: []Field{
			{Name: "title", Label: "Titre", Optional: true}, {Name: "who", Label: "Qui vient ?"}, {Name: "place", Label: "Lieu"}, {Name: "name", Label: "Nom"},
			{Name: "open", Label: "Qui l'ouvre & le ferme", Type: "radio", Choices: []Choice{{Value: "a", Label: "Le bureau"}, {Value: "b", Label: "Tous"}}},
			{Name: "sure", Label: "C'est sûr", Type: "checkbox"}, {Name: "body", Label: "Texte", Type: "textarea"},
		},
		Summary: ErrorSummary{Errors: []FieldError{
			{"title", "300 caractères au plus"}, {"who", "choisissez une personne"}, {"place", "Le lieu manque : donnez une adresse"}, {"name", "Donnez un nombre"},
			{"open", "choisissez"}, {"sure", "cochez la case"}, {"body", "<b>"}, {"heading", "200 caractères au plus"}, {"poll", "deux réponses au moins"},
			{"items", "50 points au plus"}, {"told", "trop long"}, {"mute", "trop court"}, {"csrf", "trop vieux"}, {"nowhere", "perdu"}, {"", "Rien ne va"},
		}},
	}
	out, err := render(t, src, v)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`<a href="#title">Titre` + "\u202f" + `: 300 caractères au plus</a>`,
		`<a href="#who">Qui vient` + "\u202f" + `? choisissez une personne</a>`,
		`<a href="#place">Le lieu manque` + "\u202f" + `: donnez une adresse</a>`,
		`<a href="#name">Nom` + "\u202f" + `: Donnez un nombre</a>`,
		`<a href="#open">Qui l’ouvre &amp; le ferme` + "\u202f" + `: choisissez</a>`,
		`<a href="#sure">C’est sûr` + "\u202f" + `: cochez la case</a>`,
		`<a href="#body">Texte` + "\u202f" + `: &lt;b&gt;</a>`,
		`<a href="#compose-title">Titre du texte` + "\u202f" + `: 200 caractères au plus</a>`,
		`<a href="#poll">Sondage` + "\u202f" + `: deux réponses au moins</a>`,
		`<a href="#items">Ordre du jour` + "\u202f" + `: 50 points au plus</a>`,
		`<a href="#told">Le prénom` + "\u202f" + `: trop long</a>`,
		`<a href="#mute">trop court</a>`, `trop vieux`, `perdu`, `Rien ne va`,
	}
	got := regexp.MustCompile(`<li>(.*?)</li>`).FindAllStringSubmatch(summaryBlock.FindString(out), -1)
	if len(got) != len(want) {
		t.Fatalf("%d lines, not %d: %q", len(got), len(want), got)
	}
	for i := range want {
		if got[i][1] != want[i] {
			t.Errorf("line %d: %q, not %q", i, got[i][1], want[i])
		}
	}
}
