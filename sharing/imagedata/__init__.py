"""The data of images: how it arrives, is verified, stored and handed out, and who may take it out."""
