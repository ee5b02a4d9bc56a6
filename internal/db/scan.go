package db

import (
	"database/sql"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// scan reads rows of one result into values of type T.
type scan[T any] struct {
	fields [][]int // index of each column's field; nil when T is a single value
	ptr    bool    // T is a pointer to a struct
	cells  []cell
	dest   []any
}

func newScan[T any](rows *sql.Rows) (*scan[T], error) {
	cols, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	s := &scan[T]{cells: make([]cell, len(cols)), dest: make([]any, len(cols))}
	for i := range s.cells {
		s.dest[i] = &s.cells[i]
	}
	t := reflect.TypeFor[T]()
	if t.Kind() == reflect.Pointer && isRow(t.Elem()) {
		s.ptr, t = true, t.Elem()
	}
	if !isRow(t) {
		if len(cols) != 1 {
			return nil, fmt.Errorf("db: %d columns for one %v", len(cols), t)
		}
		return s, nil
	}
	p := planOf(t)
	s.fields = make([][]int, len(cols))
	for i, c := range cols {
		f, ok := p.byName[c]
		if !ok {
			return nil, fmt.Errorf("db: column %q has no field in %v", c, t)
		}
		s.fields[i] = f
	}
	return s, nil
}

func (s *scan[T]) row(rows *sql.Rows, into *T) error {
	v := reflect.ValueOf(into).Elem()
	if s.ptr {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	if s.fields == nil {
		s.cells[0].v = v
	} else {
		for i, f := range s.fields {
			if len(f) == 1 {
				s.cells[i].v = v.Field(f[0])
			} else {
				s.cells[i].v = v.FieldByIndex(f)
			}
		}
	}
	return rows.Scan(s.dest...)
}

// cell puts one column's value into a field.
type cell struct{ v reflect.Value }

var (
	scannerType = reflect.TypeFor[sql.Scanner]()
	timeType    = reflect.TypeFor[time.Time]()
)

// Scan implements sql.Scanner.
func (c *cell) Scan(src any) error { return set(c.v, src) }

func set(v reflect.Value, src any) error {
	if src == nil {
		v.SetZero()
		return nil
	}
	if v.Kind() == reflect.Pointer {
		p := reflect.New(v.Type().Elem())
		if err := set(p.Elem(), src); err != nil {
			return err
		}
		v.Set(p)
		return nil
	}
	// Only named types can have a Scan method.
	if v.Type().PkgPath() != "" && v.CanAddr() && v.Addr().Type().Implements(scannerType) {
		return v.Addr().Interface().(sql.Scanner).Scan(src)
	}
	switch v.Kind() {
	case reflect.Int64, reflect.Int, reflect.Int32, reflect.Int16, reflect.Int8:
		n, err := toInt(src)
		if err != nil {
			return err
		}
		if v.OverflowInt(n) {
			return fmt.Errorf("%d does not fit %v", n, v.Type())
		}
		v.SetInt(n)
		return nil
	case reflect.Uint64, reflect.Uint, reflect.Uint32, reflect.Uint16, reflect.Uint8:
		n, err := toInt(src)
		if err != nil {
			return err
		}
		if n < 0 || v.OverflowUint(uint64(n)) {
			return fmt.Errorf("%d does not fit %v", n, v.Type())
		}
		v.SetUint(uint64(n))
		return nil
	case reflect.String:
		switch x := src.(type) {
		case string:
			v.SetString(x)
			return nil
		case []byte:
			v.SetString(string(x))
			return nil
		case int64:
			v.SetString(strconv.FormatInt(x, 10))
			return nil
		}
	case reflect.Bool:
		switch x := src.(type) {
		case bool:
			v.SetBool(x)
			return nil
		case int64:
			v.SetBool(x != 0)
			return nil
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			switch x := src.(type) {
			case []byte:
				v.SetBytes(append(make([]byte, 0, len(x)), x...)) // src belongs to the driver
				return nil
			case string:
				v.SetBytes([]byte(x))
				return nil
			}
		}
	case reflect.Float64, reflect.Float32:
		switch x := src.(type) {
		case float64:
			v.SetFloat(x)
			return nil
		case int64:
			v.SetFloat(float64(x))
			return nil
		case string:
			f, err := strconv.ParseFloat(x, 64)
			v.SetFloat(f)
			return err
		}
	case reflect.Struct:
		if x, ok := src.(time.Time); ok && v.Type() == timeType {
			v.Set(reflect.ValueOf(x))
			return nil
		}
	}
	return fmt.Errorf("a %T does not fit %v", src, v.Type())
}

// toInt reads an integer; PostgreSQL gives sum(bigint) as text.
func toInt(src any) (int64, error) {
	switch x := src.(type) {
	case int64:
		return x, nil
	case bool:
		return int64(btoi(x)), nil
	case float64:
		if n := int64(x); float64(n) == x {
			return n, nil
		}
	case string:
		return strconv.ParseInt(x, 10, 64)
	case []byte:
		return strconv.ParseInt(string(x), 10, 64)
	}
	return 0, fmt.Errorf("a %T is no integer", src)
}
