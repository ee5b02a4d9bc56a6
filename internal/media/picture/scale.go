package picture

import (
	"image"
	"image/draw"
)

// strip is how many rows are converted at a time.
const strip = 16

// scaled gives a copy of img in RGBA, of w × h pixels, each the mean of what it
// covers; neither is larger than img's. Beside the copy it holds a few rows.
func scaled(img image.Image, w, h int) *image.RGBA {
	r := img.Bounds()
	sw, sh := r.Dx(), r.Dy()
	w, h = min(w, sw), min(h, sh)
	if rgba, ok := img.(*image.RGBA); ok && sw == w && sh == h && r.Min == (image.Point{}) {
		return rgba
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	if sw == w && sh == h {
		draw.Draw(dst, dst.Bounds(), img, r.Min, draw.Src)
		return dst
	}
	rows := image.NewRGBA(image.Rect(0, 0, sw, strip))
	across, sums := make([]uint32, 4*w), make([]uint32, 4*w)
	// In units of which a row of the copy has sh and one of img has h.
	at := 0
	for y := range sh {
		if y%strip == 0 {
			draw.Draw(rows, rows.Bounds(), img, image.Pt(r.Min.X, r.Min.Y+y), draw.Src)
		}
		squeeze(across, rows.Pix[y%strip*rows.Stride:][:4*sw], sw, w)
		d := y * h / sh
		first := min(h, (d+1)*sh-at)
		add(sums, across, uint32(first))
		at += h
		if at >= (d+1)*sh {
			finish(dst.Pix[d*dst.Stride:][:4*w], sums, uint32(sh))
			if rest := h - first; rest > 0 {
				add(sums, across, uint32(rest))
			}
		}
	}
	return dst
}

// squeeze makes a row of sw pixels one of w, in 256ths.
func squeeze(out []uint32, row []uint8, sw, w int) {
	var a, b, c, d uint32
	left, n := uint32(sw), 0 // what the pixel being made still lacks
	step := uint32(w)
	div := uint32(sw)
	for i := 0; i+3 < len(row); i += 4 {
		p0, p1, p2, p3 := uint32(row[i]), uint32(row[i+1]), uint32(row[i+2]), uint32(row[i+3])
		if step < left {
			a, b, c, d = a+p0*step, b+p1*step, c+p2*step, d+p3*step
			left -= step
			continue
		}
		o := out[n : n+4 : n+4]
		o[0], o[1], o[2], o[3] = (a+p0*left)<<8/div, (b+p1*left)<<8/div, (c+p2*left)<<8/div, (d+p3*left)<<8/div
		n += 4
		rest := step - left
		a, b, c, d = p0*rest, p1*rest, p2*rest, p3*rest
		left = div - rest
		if n == len(out) {
			return
		}
	}
}

func add(sums, row []uint32, weight uint32) {
	row = row[:len(sums)]
	for i, v := range row {
		sums[i] += v * weight
	}
}

// finish writes a row and begins the next.
func finish(out []uint8, sums []uint32, weight uint32) {
	out = out[:len(sums)]
	half := weight << 7
	for i, v := range sums {
		out[i] = uint8(min(255, (v+half)/(weight<<8)))
		sums[i] = 0
	}
}
