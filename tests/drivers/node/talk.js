// What node-postgres can do, as one JSON list. `node talk.js URL talk|shown|refused|cancel`; see tests/integration/test_node.py.
'use strict';
const { Client, Pool, types } = require('pg');
const Cursor = require('pg-cursor');
const { from, to } = require('pg-copy-streams');
const { once } = require('events');
const { pipeline } = require('stream/promises');
const { Readable } = require('stream');

const [url, scene, ...texts] = process.argv.slice(2);
const heard = [];
types.setTypeParser(1082, (text) => text); // dates as they came

async function code(client, query) {
  try { await client.query(query); return 'no error'; } catch (error) { return [error.code, error.severity, error.message.includes('Event')]; }
}

function kept(result) { return [result.command, result.rowCount, result.fields.map((f) => [f.name, f.dataTypeID, f.format]), result.rows]; }

async function talk(client) {
  const values = [7, '9007199254740993', '12345678901234567890.0123456789', '数据库 \' \\ \t', true, null, Buffer.from([0, 255, 39]), '2026-02-28',
    '2026-02-28T23:59:59.123Z', '00000000-0000-0000-0000-000000000005', JSON.stringify({ 键: ['值', 1.5, null] }), [1, 2, null], ['欧', 'q"', null]];
  const wanted = ['int', 'bigint', 'numeric', 'text', 'bool', 'int', 'bytea', 'date', 'timestamptz', 'uuid', 'jsonb', 'int[]', 'text[]'];
  const text = 'SELECT ' + wanted.map((type, n) => `$${n + 1}::${type} AS c${n}`).join(', ');
  heard.push(kept(await client.query(text, values)));
  heard.push(kept(await client.query({ text: 'SELECT $1::int AS a, $2::text AS b, ARRAY[$1::int] AS c', values: [7, '中文'], binary: true })));
  for (let n = 0; n < 4; n++) heard.push(kept(await client.query({ name: 'twice', text: 'SELECT $1::int * 2 AS n', values: [n], rowMode: 'array' })));
  heard.push((await client.query('SELECT 1 AS a; SELECT 2 AS b; SELECT 3 AS c')).map(kept));
  await client.query('CREATE TEMP TABLE mine (id int PRIMARY KEY, note text NOT NULL)');
  await client.query('BEGIN');
  heard.push(kept(await client.query('INSERT INTO mine SELECT n, $1::text FROM generate_series(1, 10) n', ['第一'])));
  for (const bad of ['SELECT 1/0', 'SELEC', 'SELECT * FROM nowhere', "INSERT INTO mine VALUES (1, 'x')", 'INSERT INTO mine VALUES (-1, NULL)', { text: 'SELECT $1::int', values: ['x'] }]) {
    await client.query('SAVEPOINT s');
    heard.push(await code(client, bad), await code(client, 'SELECT 1'));
    await client.query('ROLLBACK TO SAVEPOINT s');
  }
  await client.query('COMMIT');
  await pipeline(Readable.from(['100\ta\\tb\n', '101\t中文\n']), client.query(from('COPY mine FROM STDIN')));
  try {
    await pipeline(Readable.from(['1\tdouble\n']), client.query(from('COPY mine FROM STDIN')));
  } catch (error) { heard.push(error.code); }
  const chunks = [];
  for await (const chunk of client.query(to('COPY (SELECT * FROM mine ORDER BY id) TO STDOUT'))) chunks.push(chunk);
  heard.push(Buffer.concat(chunks).toString());
  const cursor = client.query(new Cursor('SELECT n FROM generate_series(1, $1::int) n', [10]));
  heard.push(await cursor.read(4), await cursor.read(3));
  await cursor.close();
  heard.push((await Promise.all([1, 2, 3, 4, 5].map((n) => client.query('SELECT $1::int AS n', [n])))).map((r) => r.rows[0].n));
  const many = await client.query("SELECT n, repeat('宽', 50) AS w FROM generate_series(1, 20000) n");
  heard.push(many.rows.length, many.rows[19999], (await client.query("SELECT repeat('x', 3000000) AS x")).rows[0].x.length);
  await client.query('LISTEN news');
  const notified = once(client, 'notification');
  await client.query("NOTIFY news, '你好'");
  const [message] = await notified;
  heard.push([message.channel, message.payload]);
  const pool = new Pool({ connectionString: url, max: 3 });
  heard.push((await Promise.all(Array.from({ length: 9 }, (_, n) => pool.query('SELECT $1::int AS n', [n])))).map((r) => r.rows[0].n));
  await pool.end();
}

async function main() {
  const client = new Client({ connectionString: url });
  await client.connect();
  if (scene === 'talk') await talk(client);
  if (scene === 'shown') {
    for (const text of texts) heard.push((await client.query({ text, rowMode: 'array' })).rows, (await client.query({ text, rowMode: 'array', name: text.length.toString(), values: [] })).rows);
  }
  if (scene === 'refused') for (const text of texts) heard.push(await code(client, text), await code(client, { text, values: [] }), (await client.query('SELECT 1 AS n')).rows[0].n);
  if (scene === 'cancel') {
    const ends = code(client, texts[0]);
    await once(process.stdin, 'data');
    const stops = new Client({ connectionString: url });
    stops.connection.on('error', () => {}); // the server closes it, as it should
    stops.connection.connect(stops.port, stops.host);
    stops.connection.on('connect', () => stops.connection.cancel(client.processID, client.secretKey));
    heard.push(await ends, (await client.query("SELECT 'goes on' AS s")).rows[0].s);
    process.stdin.destroy();
  }
  await client.end();
  console.log(JSON.stringify(heard));
}

main().catch((error) => { console.error(error); process.exit(1); });
