package place

import (
	"encoding/json"
	"math"
)

// Frame is a piece of map: France in Europe, or one of its lands overseas.
//
// Each is drawn by Mercator's projection, in units of its symbol in Outlines.
type Frame struct {
	ID                       string  // of the symbol, and of its name in words
	Prefix                   string  // of its postcodes; "" for Europe
	KX, X0, KY, Y0           float64 // x = kx·longitude + x0, y = y0 − ky·mercator(latitude)
	Width, Height            float64
	West, South, East, North float64 // degrees
}

// Frames are all pieces of the map, that of Europe first.
func Frames() []Frame {
	raw, err := files.ReadFile("data/frames.json")
	if err != nil {
		panic(err) // it is embedded
	}
	var out []Frame
	if err := json.Unmarshal(raw, &out); err != nil {
		panic(err)
	}
	return out
}

// Outlines is a document of SVG with one symbol for each frame.
func Outlines() []byte {
	raw, err := files.ReadFile("data/outlines.svg")
	if err != nil {
		panic(err)
	}
	return raw
}

// Holds reports whether a point is on the frame.
func (f Frame) Holds(lat, lon float64) bool {
	return lat >= f.South && lat <= f.North && lon >= f.West && lon <= f.East
}

// Point is where a place is on the frame.
func (f Frame) Point(lat, lon float64) (x, y float64) {
	return f.KX*lon + f.X0, f.Y0 - f.KY*math.Log(math.Tan(math.Pi/4+lat*math.Pi/360))
}
