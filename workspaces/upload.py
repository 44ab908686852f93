"""Upload handlers."""

from django.core.files.uploadhandler import FileUploadHandler, StopUpload


class RefusingUploadHandler(FileUploadHandler):
    """Refuses every file part: a view that takes files installs the sealing handler itself."""

    def new_file(self, *args: object, **kwargs: object) -> None:
        raise StopUpload(connection_reset=False)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None
