// Files that people choose, read within bounds, and texts as files.

import { Refusal, type SavedFile } from "./host";
import { t } from "./i18n";

const TEXT_BYTES_MAX = 1 << 20;
const PICTURE_BYTES_MAX = 16 << 20;
const PICTURES_MAX = 16;
const DOCUMENT_BYTES_MAX = 10 << 20;
const DOCUMENT_TYPES = ["application/pdf", "image/png", "image/jpeg"];

/** The text of a chosen file of 1 MiB at most. */
export async function readText(file: File): Promise<string> {
  if (file.size > TEXT_BYTES_MAX) throw tooLarge(file, "1 MiB");
  return await file.text();
}

/** Chosen pictures, in base64: 16 of 16 MiB each at most. */
export async function readPictures(files: readonly File[]): Promise<string[]> {
  if (files.length > PICTURES_MAX) throw refusal("qr.parts", t("file.too_many", { most: PICTURES_MAX }));
  return await Promise.all(
    files.map(async (file) => {
      if (file.size > PICTURE_BYTES_MAX) throw tooLarge(file, "16 MiB");
      return base64(new Uint8Array(await file.arrayBuffer()));
    }),
  );
}

/** A chosen document: PDF, PNG or JPEG, of 10 MiB at most. */
export async function readDocument(file: File): Promise<SavedFile> {
  if (!DOCUMENT_TYPES.includes(file.type)) throw refusal("request.malformed", t("file.not_document", { name: file.name }));
  if (file.size > DOCUMENT_BYTES_MAX) throw tooLarge(file, "10 MiB");
  return { name: file.name, base64: base64(new Uint8Array(await file.arrayBuffer())) };
}

/** Whether a file is a picture that may hold QR codes. */
export function isPicture(file: File): boolean {
  return file.type === "image/png" || file.type === "image/jpeg";
}

/** A text in base64, as UTF-8. */
export function textBase64(text: string): string {
  return base64(new TextEncoder().encode(text));
}

function base64(bytes: Uint8Array): string {
  const CHUNK = 0x8000;
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK) binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(binary);
}

function tooLarge(file: File, most: string): Refusal {
  return refusal("request.malformed", t("file.too_large", { name: file.name, most }));
}

function refusal(code: string, message: string): Refusal {
  return new Refusal({ code, message, hints: [] });
}
