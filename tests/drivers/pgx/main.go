// What pgx can do, as one JSON list. `talk URL talk|shown|refused|cancel TEXT …`; see tests/integration/test_pgx.py.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

var (
	ctx   = context.Background()
	heard = []any{}
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func hear(values ...any) { heard = append(heard, values...) }

// code is what an error says: SQLSTATE, severity.
func code(err error) any {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return []string{said.Code, said.Severity}
	}
	return fmt.Sprint(err)
}

// rows are the values as the driver reads them, with names, types and formats.
func rows(conn *pgx.Conn, text string, arguments ...any) (any, error) {
	found, err := conn.Query(ctx, text, arguments...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	all := []any{}
	for found.Next() {
		values, err := found.Values()
		if err != nil {
			return nil, err
		}
		line := []any{}
		for _, value := range values {
			line = append(line, fmt.Sprintf("%v", value))
		}
		all = append(all, line)
	}
	if found.Err() != nil {
		return nil, found.Err()
	}
	fields := []any{}
	for _, f := range found.FieldDescriptions() {
		fields = append(fields, fmt.Sprint(f.Name, f.DataTypeOID, f.TypeModifier, f.Format))
	}
	return []any{fields, all, found.CommandTag().String()}, nil
}

func ask(conn *pgx.Conn, text string, arguments ...any) {
	found, err := rows(conn, text, arguments...)
	if err != nil {
		hear(code(err))
		return
	}
	hear(found)
}

var modes = []pgx.QueryExecMode{
	pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec,
	pgx.QueryExecModeSimpleProtocol,
}

func talk(conn *pgx.Conn, url string) {
	types := "SELECT $1::int AS a, $2::bigint, $3::numeric, $4::text, $5::bool, $6::bytea, $7::date, $8::timestamptz, $9::uuid, $10::jsonb," +
		" $11::int[], $12::text[], '[1,5)'::int4range, '3 days'::interval, NULL::int"
	day := time.Date(2026, 2, 28, 0, 0, 0, 0, time.UTC)
	values := []any{7, int64(1) << 60, "12345678901234567890.0123456789", "数据库 ' \\ \t", true, []byte{0, 255, 39}, day, day.Add(time.Second),
		"00000000-0000-0000-0000-000000000005", map[string]any{"键": []any{"值", 1.5, nil}}, []int32{1, 2}, []string{"欧", "q\""}}
	_, err := conn.Exec(ctx, "SET TIME ZONE 'UTC'")
	must(err)
	for _, mode := range modes {
		ask(conn, types, append([]any{mode}, values...)...)
		for n := range 3 {
			ask(conn, "SELECT n, repeat('x', n) FROM generate_series(1, $1::int) n", mode, n)
		}
		ask(conn, "SELECT 1/$1::int", mode, 0)
	}
	ask(conn, types, append([]any{pgx.QueryResultFormats{0}}, values...)...)
	_, err = conn.Exec(ctx, "CREATE TEMP TABLE mine (id int PRIMARY KEY, note text NOT NULL)")
	must(err)
	_, err = conn.Prepare(ctx, "named", "INSERT INTO mine VALUES ($1, $2) RETURNING id, note")
	must(err)
	block, err := conn.Begin(ctx)
	must(err)
	ask(conn, "named", 1, "第一")
	for _, bad := range []string{"SELECT 1/0", "SELEC", "SELECT * FROM nowhere", "INSERT INTO mine VALUES (1, 'x')", "INSERT INTO mine VALUES (-1, NULL)", "SELECT 'x'::int"} {
		inner, err := block.Begin(ctx) // a savepoint
		must(err)
		ask(conn, bad)
		ask(conn, "SELECT 1")
		must(inner.Rollback(ctx))
	}
	must(block.Commit(ctx))
	count, err := conn.CopyFrom(ctx, pgx.Identifier{"mine"}, []string{"id", "note"}, pgx.CopyFromSlice(500, func(n int) ([]any, error) {
		return []any{n + 100, fmt.Sprint("中文", n)}, nil
	}))
	must(err)
	hear(count)
	_, err = conn.CopyFrom(ctx, pgx.Identifier{"mine"}, []string{"id", "note"}, pgx.CopyFromRows([][]any{{1, "double"}}))
	hear(code(err))
	_, err = conn.PgConn().CopyFrom(ctx, strings.NewReader("1000\ta\\tb\n"), "COPY mine FROM STDIN")
	must(err)
	for _, format := range []string{"text", "binary"} {
		var out bytes.Buffer
		tag, err := conn.PgConn().CopyTo(ctx, &out, "COPY (SELECT * FROM mine ORDER BY id) TO STDOUT WITH (FORMAT "+format+")")
		must(err)
		hear(tag.String(), out.Bytes())
	}
	batch := &pgx.Batch{}
	for n := range 20 {
		batch.Queue("SELECT $1::int * 2, $2::text", n, "b")
	}
	batch.Queue("SELECT 1/$1::int", 0)
	batch.Queue("SELECT 1")
	results := conn.SendBatch(ctx, batch)
	for range 22 {
		var number int
		var text string
		err := results.QueryRow().Scan(&number, &text)
		hear(number, code(err))
	}
	results.Close()
	piped := conn.PgConn().StartPipeline(ctx)
	piped.SendQueryParams("SELECT $1::int", [][]byte{[]byte("5")}, nil, nil, []int16{1})
	must(piped.Sync())
	piped.SendQueryParams("SELECT 1/0", nil, nil, nil, nil)
	piped.SendQueryParams("SELECT 1", nil, nil, nil, nil)
	must(piped.Sync())
	for range 6 {
		result, err := piped.GetResults()
		if reader, is := result.(*pgconn.ResultReader); is {
			read := reader.Read()
			hear(read.Rows, code(read.Err))
			continue
		}
		hear(fmt.Sprintf("%T", result), code(err))
	}
	hear(code(piped.Close()))
	many, err := conn.Query(ctx, "SELECT n, repeat('宽', 50) FROM generate_series(1, 20000) n")
	must(err)
	length := 0
	for many.Next() {
		length += len(many.RawValues()[1])
	}
	must(many.Err())
	hear(length)
	large := ""
	must(conn.QueryRow(ctx, "SELECT repeat('x', 3000000)").Scan(&large))
	hear(len(large))
	_, err = conn.Exec(ctx, "LISTEN news")
	must(err)
	_, err = conn.Exec(ctx, "NOTIFY news, '你好'")
	must(err)
	note, err := conn.WaitForNotification(ctx)
	must(err)
	hear(note.Channel, note.Payload)
	pool, err := pgxpool.New(ctx, url)
	must(err)
	defer pool.Close()
	numbers := make([]int, 12)
	var all sync.WaitGroup
	for n := range numbers {
		all.Add(1)
		go func() {
			defer all.Done()
			must(pool.QueryRow(ctx, "SELECT $1::int * 2", n).Scan(&numbers[n]))
		}()
	}
	all.Wait()
	hear(numbers)
}

func main() {
	url, scene, texts := os.Args[1], os.Args[2], os.Args[3:]
	conn, err := pgx.Connect(ctx, url)
	must(err)
	switch scene {
	case "talk":
		talk(conn, url)
	case "shown":
		for _, text := range texts {
			for _, mode := range modes {
				ask(conn, text, mode)
			}
		}
	case "refused":
		for _, text := range texts {
			for _, mode := range modes {
				ask(conn, text, mode)
			}
			ask(conn, "SELECT 1")
		}
	case "cancel":
		go func() {
			_, err := bufio.NewReader(os.Stdin).ReadString('\n')
			must(err)
			must(conn.PgConn().CancelRequest(ctx))
		}()
		ask(conn, texts[0])
		ask(conn, "SELECT 'goes on'")
	}
	must(conn.Close(ctx))
	must(json.NewEncoder(os.Stdout).Encode(heard))
}
