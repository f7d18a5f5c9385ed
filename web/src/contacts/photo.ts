// Photos made as large as they are shown, so that a card stays small.

const SIDE_MAX = 512;
/** As many letters as a photo of 700 KB has; the host takes 1 MiB. */
const LETTERS_MAX = 1_000_000;

/** A picture that was chosen, as a `data:` address; none: it is no picture that this browser knows. */
export async function photoOf(file: Blob): Promise<string | undefined> {
  const url = URL.createObjectURL(file);
  try {
    return await drawn(url);
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** The same picture, smaller where it is too large for the host. */
export async function fitting(uri: string): Promise<string | undefined> {
  return uri.length <= LETTERS_MAX ? uri : await drawn(uri);
}

async function drawn(url: string): Promise<string | undefined> {
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
  } catch {
    return undefined;
  }
  const { naturalWidth: width, naturalHeight: height } = image;
  if (width === 0 || height === 0) return undefined;
  const side = Math.min(width, height);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.min(side, SIDE_MAX);
  const context = canvas.getContext("2d");
  if (!context) return undefined;
  // What was transparent is white, for JPEG knows nothing of that.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, (width - side) / 2, (height - side) / 2, side, side, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", 0.85);
}
