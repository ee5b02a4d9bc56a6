package picture_test

import (
	"bytes"
	"image"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"testing"

	"github.com/maillage/maillage/internal/media/picture"
)

// FuzzProcess: a file is refused, or what is made of it is a picture within the
// limits that holds nothing but the picture.
//
// Spec: ME1, ME3, ME4
func FuzzProcess(f *testing.F) {
	small := photo(24, 16)
	frame := image.NewPaletted(image.Rect(0, 0, 12, 8), palette.Plan9)
	draw.Draw(frame, frame.Bounds(), small, image.Point{}, draw.Src)
	var moving bytes.Buffer
	if err := gif.EncodeAll(&moving, &gif.GIF{Image: []*image.Paletted{frame, frame}, Delay: []int{5, 5}}); err != nil {
		f.Fatal(err)
	}
	f.Add(asJPEG(f, small))
	f.Add(asPNG(f, small))
	f.Add(moving.Bytes())
	f.Add([]byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00MM\x00\x2a\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := picture.Read(b)
		if err != nil {
			return
		}
		if h.Width <= 0 || h.Height <= 0 || h.Width > picture.MaxSide || h.Height > picture.MaxSide || h.Width*h.Height > picture.MaxPixels ||
			h.Frames > picture.MaxFrames || h.Orientation < 1 || h.Orientation > 8 {
			t.Fatalf("header %+v", h)
		}
		if h.Width*h.Height*max(1, h.Frames) > 200_000 {
			return // time only
		}
		for _, z := range []picture.Sizes{{Side: 16, Small: 8}, {CropW: 8, CropH: 6, Still: true}} {
			p, err := picture.Process(b, z)
			if err != nil {
				continue
			}
			made, err := picture.Read(p.Bytes)
			if err != nil || made.Type != p.Type || made.Orientation != 1 || made.Width != p.Width || made.Height != p.Height || p.Width > 16 || p.Height > 16 {
				t.Errorf("%+v became %+v, %v", h, made, err)
			}
		}
	})
}
