package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image/gif"
	"image/jpeg"
	"image/png"
)

// What is wrong with a file.
var (
	ErrType   = errors.New("picture: no kind of file that is taken")
	ErrAVIF   = errors.New("picture: AVIF and HEIC are not taken")
	ErrSize   = errors.New("picture: more pixels than are taken")
	ErrBroken = errors.New("picture: it cannot be decoded")
)

// The limits of what is decoded.
const (
	MaxPixels = 40_000_000
	MaxSide   = 16_384
	MaxFrames = 1000
	maxMemory = 320 << 20 // bytes that the decoder takes for the pixels
)

// Header is what is known of a picture before it is decoded.
type Header struct {
	Type          string // image/jpeg, image/png, image/gif, image/webp
	Width, Height int    // as stored, before turning
	Frames        int
	Orientation   int // 1…8, as Exif counts
	memory        int64
}

// Sniff tells the type of a file by its first bytes (16 are enough), "" when it is no picture that is read.
func Sniff(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		return "image/jpeg"
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png"
	case bytes.HasPrefix(b, []byte("GIF87a")), bytes.HasPrefix(b, []byte("GIF89a")):
		return "image/gif"
	case len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		return "image/webp"
	}
	return ""
}

// Unread reports whether a file is a picture in AVIF or HEIC, by its first 12
// bytes. They are refused: the decoder that there is for Go took 810 MB for the 12
// million pixels of a telephone, more than a decoder is given.
func Unread(b []byte) bool {
	if len(b) < 12 || string(b[4:8]) != "ftyp" {
		return false
	}
	switch string(b[8:12]) {
	case "avif", "avis", "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1":
		return true
	}
	return false
}

// Read reads the header of a picture and judges it against the limits.
//
// Spec: ME4
func Read(b []byte) (h Header, err error) {
	h = Header{Type: Sniff(b), Frames: 1, Orientation: 1}
	switch h.Type {
	case "image/jpeg":
		err = h.jpeg(b)
	case "image/png":
		err = h.png(b)
	case "image/gif":
		err = h.gif(b)
	case "image/webp":
		err = h.webp(b)
	default:
		if Unread(b) {
			return h, ErrAVIF
		}
		return h, ErrType
	}
	if err != nil {
		return h, err
	}
	switch {
	case h.Width <= 0 || h.Height <= 0:
		return h, ErrBroken
	case h.Width > MaxSide || h.Height > MaxSide || h.Width*h.Height > MaxPixels || h.Frames > MaxFrames || h.memory > maxMemory:
		return h, ErrSize
	}
	return h, nil
}

// jpeg walks the markers up to the picture itself.
func (h *Header) jpeg(b []byte) error {
	c, err := jpeg.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return ErrBroken
	}
	h.Width, h.Height = c.Width, c.Height
	pixels := int64(h.Width) * int64(h.Height)
	h.memory = pixels * 4
	for at := 2; at+4 <= len(b); {
		if b[at] != 0xff {
			return ErrBroken
		}
		marker := b[at+1]
		if marker == 0xff || marker >= 0xd0 && marker <= 0xd8 || marker == 0x01 {
			at++
			if marker != 0xff {
				at++
			}
			continue
		}
		size := int(binary.BigEndian.Uint16(b[at+2:]))
		if size < 2 || at+2+size > len(b) {
			return ErrBroken
		}
		body := b[at+4 : at+2+size]
		switch {
		case marker == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
			h.Orientation = orientation(body[6:])
		case marker == 0xc2 && len(body) >= 6:
			// A progressive one is held as coefficients, four bytes for each sample.
			h.memory += 4 * pixels * samples(body)
		case marker == 0xda:
			return nil
		}
		at += 2 + size
	}
	return ErrBroken
}

// samples is how many samples there are for a pixel, at most, in a JPEG's frame header.
func samples(frame []byte) int64 {
	n := int(frame[5])
	total, most := 0, 1
	for i := range n {
		if 6+3*i+1 >= len(frame) {
			break
		}
		hv := frame[6+3*i+1]
		area := int(hv>>4) * int(hv&15)
		total, most = total+area, max(most, area)
	}
	return int64((total + most - 1) / most)
}

func (h *Header) png(b []byte) error {
	c, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return ErrBroken
	}
	h.Width, h.Height = c.Width, c.Height
	depth := int64(4)
	if len(b) > 24 && b[24] == 16 {
		depth = 8
	}
	h.memory = int64(h.Width) * int64(h.Height) * depth
	for at := 8; at+12 <= len(b); {
		size := int(binary.BigEndian.Uint32(b[at:]))
		if size < 0 || at+12+size > len(b) {
			break
		}
		switch string(b[at+4 : at+8]) {
		case "eXIf":
			h.Orientation = orientation(b[at+8 : at+8+size])
		case "IDAT":
			return nil
		}
		at += 12 + size
	}
	return nil
}

// gif counts the pictures and their pixels without unpacking them.
func (h *Header) gif(b []byte) error {
	c, err := gif.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return ErrBroken
	}
	h.Width, h.Height, h.Frames = c.Width, c.Height, 0
	at := 13
	if b[10]&0x80 != 0 {
		at += 3 << (b[10]&7 + 1)
	}
	blocks := func() bool { // a run of sub-blocks, up to the empty one
		for at < len(b) {
			n := int(b[at])
			at += n + 1
			if n == 0 {
				return true
			}
		}
		return false
	}
	for at < len(b) {
		switch b[at] {
		case 0x21:
			if at += 2; !blocks() {
				return nil
			}
		case 0x2c:
			if at+10 > len(b) {
				return nil
			}
			w, ht := int64(binary.LittleEndian.Uint16(b[at+5:])), int64(binary.LittleEndian.Uint16(b[at+7:]))
			h.memory += w * ht
			h.Frames++
			if h.Frames > MaxFrames || h.memory > maxMemory {
				return ErrSize
			}
			flags := b[at+9]
			at += 10
			if flags&0x80 != 0 {
				at += 3 << (flags&7 + 1)
			}
			at++ // the size of codes
			if !blocks() {
				return nil
			}
		default:
			return nil
		}
	}
	return nil
}

// webp looks at the parts themselves: what the file says of the whole need not
// be what is decoded.
func (h *Header) webp(b []byte) error {
	for at := 12; at+8 <= len(b); {
		size := int(binary.LittleEndian.Uint32(b[at+4:]))
		body := b[at+8:]
		if size < 0 || size > len(body) {
			size = len(body)
		}
		body = body[:size]
		w, ht := 0, 0
		switch string(b[at : at+4]) {
		case "VP8X":
			if len(body) < 10 {
				return ErrBroken
			}
			w, ht = int(body[4])|int(body[5])<<8|int(body[6])<<16, int(body[7])|int(body[8])<<8|int(body[9])<<16
			w, ht = w+1, ht+1
		case "VP8 ":
			if len(body) < 10 {
				return ErrBroken
			}
			w, ht = int(binary.LittleEndian.Uint16(body[6:])&0x3fff), int(binary.LittleEndian.Uint16(body[8:])&0x3fff)
		case "VP8L":
			if len(body) < 5 {
				return ErrBroken
			}
			bits := binary.LittleEndian.Uint32(body[1:])
			w, ht = int(bits&0x3fff)+1, int(bits>>14&0x3fff)+1
		case "EXIF":
			h.Orientation = orientation(bytes.TrimPrefix(body, []byte("Exif\x00\x00")))
		}
		h.Width, h.Height = max(h.Width, w), max(h.Height, ht)
		at += 8 + size + size&1
	}
	h.memory = int64(h.Width) * int64(h.Height) * 5
	return nil
}

// orientation reads how a picture is turned from the fields of a camera, 1 when they do not say.
func orientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch string(tiff[:2]) {
	case "II":
	case "MM":
		order = binary.BigEndian
	default:
		return 1
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at+2 > len(tiff) {
		return 1
	}
	n := int(order.Uint16(tiff[at:]))
	for i := range n {
		e := at + 2 + 12*i
		if e+12 > len(tiff) {
			return 1
		}
		if order.Uint16(tiff[e:]) == 0x0112 {
			if o := int(order.Uint16(tiff[e+8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
	}
	return 1
}
