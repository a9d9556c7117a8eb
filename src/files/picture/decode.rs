//! Which decoder takes which kind.

use super::{PictureBudget, PictureKind, Unhashed, jpeg, moving, still, views::Views};

/// What a picture of this kind shows. What was decoded before something broke is kept.
pub(super) fn views(kind: PictureKind, bytes: &[u8], budget: &mut PictureBudget) -> Views {
    let mut views = Views::default();
    let result = match kind {
        PictureKind::Jpeg => jpeg::read(bytes, budget, &mut views),
        PictureKind::Png => moving::png(bytes, budget, &mut views),
        PictureKind::Gif => moving::gif(bytes, budget, &mut views),
        PictureKind::WebP => moving::webp(bytes, budget, &mut views),
        PictureKind::Bmp => still::bmp(bytes, budget, &mut views),
        PictureKind::Tiff => still::tiff(bytes, budget, &mut views),
        PictureKind::Pixels | PictureKind::Other => Err(Unhashed::NotSupported),
    };
    if let Err(why) = result {
        views.left_out(why);
    }
    views
}
