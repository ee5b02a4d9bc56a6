package web

// Bars are counts, day by day or the like: what is done, and above it, hatched,
// what is not yet. They are drawn as SVG, with their numbers in a table below.
type Bars struct {
	Label      string // what is counted, for those who do not see it
	Head       string // of the table's first column
	Done, Rest string // what the two parts are
	List       []Bar
}

// Bar is one column.
type Bar struct {
	Short      string // under the column
	Long       string // in the table
	Done, Rest int
}

// The drawing, in its own pixels: it scrolls rather than shrinks.
const (
	barsWidth  = 640
	barsHeight = 176
	barsLeft   = 44
	barsTop    = 12
	barsFloor  = 148
)

// DrawnBars is where everything stands.
type DrawnBars struct {
	Width, Height, Left, Floor int
	Lines                      []DrawnLine
	Columns                    []DrawnBar
}

// DrawnLine is a line of the scale.
type DrawnLine struct{ Y, TextY, N int }

// DrawnBar is a column.
type DrawnBar struct {
	Bar
	X, Width, Middle  int
	Y, Height         int // of what is done
	RestY, RestHeight int
	LabelY            int
}

// Drawn sets the columns out.
func (b Bars) Drawn() DrawnBars {
	most := 1
	for _, x := range b.List {
		most = max(most, x.Done+x.Rest)
	}
	step := nice((most + 2) / 3)
	top := step * ((most + step - 1) / step)
	room := barsFloor - barsTop
	d := DrawnBars{Width: barsWidth, Height: barsHeight, Left: barsLeft, Floor: barsFloor}
	for n := 0; n <= top; n += step {
		y := barsFloor - room*n/top
		d.Lines = append(d.Lines, DrawnLine{y, y + 4, n})
	}
	if len(b.List) == 0 {
		return d
	}
	pitch := (barsWidth - barsLeft) / len(b.List)
	for i, x := range b.List {
		w := max(pitch*5/8, 2)
		c := DrawnBar{Bar: x, X: barsLeft + i*pitch + (pitch-w)/2, Width: w, LabelY: barsFloor + 20}
		c.Middle = c.X + w/2
		c.Height = tall(x.Done, room, top)
		c.RestHeight = tall(x.Rest, room, top)
		c.Y = barsFloor - c.Height
		c.RestY = c.Y - c.RestHeight
		d.Columns = append(d.Columns, c)
	}
	return d
}

// tall is never nothing for something.
func tall(n, room, top int) int {
	if n == 0 {
		return 0
	}
	return max(room*n/top, 2)
}

// nice rounds up to 1, 2, 3 or 5 times a power of ten.
func nice(n int) int {
	for p := 1; ; p *= 10 {
		for _, m := range []int{1, 2, 3, 5} {
			if m*p >= n {
				return m * p
			}
		}
	}
}
