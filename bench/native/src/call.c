#include "call.h"

void script_fill(struct script *script, const struct options *options) {
  size_t size = (size_t)options->size_bytes;
  size_t asked = options->shape == SHAPE_POUR ? POUR_REQUEST_BYTES : size;
  script->shape = options->shape;
  put_prefix(script->request, asked);
  if (options->shape == SHAPE_POUR) {
    put_u32(script->request + PREFIX_BYTES, POUR_MESSAGES);
    put_u32(script->request + PREFIX_BYTES + 4, (uint32_t)size);
  }
  script->request_bytes = PREFIX_BYTES + asked;
  put_prefix(script->answer_prefix, size);
  script->answer_bytes = PREFIX_BYTES + size;
}

void call_begin(struct call *call, const struct script *script, void *client, uint64_t due_nanos) {
  *call = (struct call){.client = client,
                        .due_nanos = due_nanos,
                        .asked = 1,
                        .is_last = script->shape != SHAPE_CHAT};
}

ssize_t call_read(struct call *call, const struct script *script, uint8_t *buffer, size_t room,
                  uint32_t *flags) {
  size_t length = script->request_bytes - call->sent_bytes;
  if (length > room) {
    length = room;
  }
  memcpy(buffer, script->request + call->sent_bytes, length);
  call->sent_bytes += length;
  bool is_sent = call->sent_bytes == script->request_bytes;
  if (is_sent && call->is_last) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
  }
  return is_sent && !call->is_last && length == 0 ? NGHTTP2_ERR_DEFERRED : (ssize_t)length;
}

/* Compares what of `data` is in the prefix of a message. */
static void check_prefix(struct call *call, const struct script *script, const uint8_t *data,
                         size_t length) {
  for (size_t i = 0; i < length && call->answer_at + i < PREFIX_BYTES; i++) {
    if (data[i] != script->answer_prefix[call->answer_at + i]) {
      call->is_wrong = true;
    }
  }
}

bool call_take(struct call *call, const struct script *script, const uint8_t *data,
               size_t length) {
  call->body_bytes += length;
  uint32_t before = call->answers;
  while (length > 0) {
    size_t part = script->answer_bytes - call->answer_at;
    if (part > length) {
      part = length;
    }
    check_prefix(call, script, data, part);
    call->answer_at += part;
    data += part;
    length -= part;
    if (call->answer_at == script->answer_bytes) {
      call->answer_at = 0;
      call->answers++;
    }
  }
  return script->shape == SHAPE_CHAT && call->answers > before && call->answers == call->asked &&
         !call->is_last;
}

void call_go_on(struct call *call, bool is_over, uint64_t now) {
  call->due_nanos = now;
  if (is_over || call->asked == CHAT_MESSAGES) {
    call->is_last = true;
    return;
  }
  call->asked++;
  call->sent_bytes = 0;
}

void call_header(struct call *call, const uint8_t *name, size_t name_length, const uint8_t *value,
                 size_t value_length) {
  if (is_text(name, name_length, ":status")) {
    call->is_http_ok = is_text(value, value_length, "200");
  } else if (is_text(name, name_length, "grpc-status")) {
    size_t length = value_length < STATUS_BYTES ? value_length : STATUS_BYTES - 1;
    for (size_t i = 0; i < length; i++) {
      call->status[i] = value[i] >= '0' && value[i] <= '9' ? (char)value[i] : '?'; /* for JSON */
    }
    call->status[length] = '\0';
  }
}

bool call_is_good(const struct call *call, const struct script *script, uint32_t error) {
  uint32_t expected = script->shape == SHAPE_POUR ? POUR_MESSAGES : call->asked;
  return error == NGHTTP2_NO_ERROR && call->is_http_ok && strcmp(call->status, "0") == 0 &&
         !call->is_wrong && call->answer_at == 0 && call->answers == expected &&
         call->body_bytes == expected * (uint64_t)script->answer_bytes;
}
