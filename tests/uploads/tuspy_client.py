"""tuspy as it is, sending a file: python -m tests.uploads.tuspy_client ADDRESS FILE STORAGE CHUNK CHECKSUM HEADERS."""

import json
import sys
from pathlib import Path

from tusclient.client import TusClient
from tusclient.storage.filestorage import FileStorage


def main() -> None:
    address, file, storage, chunk, checksum, headers = sys.argv[1:]
    client = TusClient(address, headers=json.loads(headers))
    uploader = client.uploader(
        file,
        chunk_size=int(chunk),
        metadata={"filename": Path(file).name},
        store_url=True,
        url_storage=FileStorage(storage),  # type: ignore[no-untyped-call]
        retries=3,
        retry_delay=1,
        upload_checksum=checksum == "yes",
    )
    uploader.upload()
    sys.stdout.write(f"{uploader.url}\n")


if __name__ == "__main__":
    main()
