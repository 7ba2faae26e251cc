<?php
// Reads callbacks as PHP does, and answers with what was read; under /bidir/ with a
// downlink, as Sigfox's own sample does (github.com/sigfox/sigfox-downlink).
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$type = $_SERVER['CONTENT_TYPE'] ?? '';
$raw = file_get_contents('php://input');
$body = null;
if (str_starts_with($type, 'application/x-www-form-urlencoded')) {
    $body = (object) $_POST;
} elseif ($raw !== '') {
    $isJSON = str_starts_with($type, 'application/json');
    $body = $isJSON ? json_decode($raw, false, 512, JSON_THROW_ON_ERROR) : $raw;
}

if (str_starts_with($path, '/bidir/')) {
    $read = array_merge($_GET, (array) $body);
    $device = $read['device'] ?? $read['deviceId'] ?? $read['id'] ?? null;
    if (in_array($read['ack'] ?? false, [true, 'true'], true)) {
        header('Content-Type: application/json');
        echo json_encode([$device => ['downlinkData' => 'deadbeefcafebabe']]);
    } else {
        http_response_code(204);
    }
    return;
}

header('Content-Type: application/json');
echo json_encode([
    'method' => $_SERVER['REQUEST_METHOD'],
    'path' => $path,
    'headers' => (object) array_change_key_case(getallheaders()),
    'query' => (object) $_GET,
    'body' => $body,
], JSON_THROW_ON_ERROR);
