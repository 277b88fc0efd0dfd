//go:build !purego

#include "textflag.h"

// A panel is 16 rows: width lines of 16 numbers, one line a place of the image. Y0 and Y1 gather the sums of the 16 rows, Y15 is the limit.

// A place of 16 rows: the differences from z in Y3 and Y4.
#define DIFFERENCE(i) \
	VBROADCASTSS (4*i)(R9), Y2 \
	VSUBPS (64*i)(SI), Y2, Y3 \
	VSUBPS (64*i+32)(SI), Y2, Y4

#define SQUARE(i) \
	DIFFERENCE(i) \
	VFMADD231PS Y3, Y3, Y0 \
	VFMADD231PS Y4, Y4, Y1

#define ABSOLUTE(i) \
	DIFFERENCE(i) \
	VANDPS Y14, Y3, Y3 \
	VANDPS Y14, Y4, Y4 \
	VADDPS Y3, Y0, Y0 \
	VADDPS Y4, Y1, Y1

// func squaresAVX(panels *float32, count, width int, z *float32, limit float32, masks *uint16)
TEXT ·squaresAVX(SB), NOSPLIT, $0-48
	MOVQ panels+0(FP), SI
	MOVQ count+8(FP), CX
	MOVQ width+16(FP), DX
	MOVQ z+24(FP), DI
	VBROADCASTSS limit+32(FP), Y15
	MOVQ masks+40(FP), R8

panel:
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	MOVQ DI, R9  // the place in z
	MOVQ DX, R10 // places left

eight: // places, then a look whether any row is still near enough
	SQUARE(0)
	SQUARE(1)
	SQUARE(2)
	SQUARE(3)
	SQUARE(4)
	SQUARE(5)
	SQUARE(6)
	SQUARE(7)
	ADDQ $512, SI
	ADDQ $32, R9
	VCMPPS $0x1A, Y15, Y0, Y5 // not greater, or not a number
	VCMPPS $0x1A, Y15, Y1, Y6
	VMOVMSKPS Y5, AX
	VMOVMSKPS Y6, BX
	SHLL $8, BX
	ORL BX, AX
	SUBQ $8, R10
	JZ store
	TESTL AX, AX
	JNZ eight
	SHLQ $6, R10 // bytes of the places left
	ADDQ R10, SI

store:
	MOVW AX, (R8)
	ADDQ $2, R8
	DECQ CX
	JNZ panel
	VZEROUPPER
	RET

// func absolutesAVX(panels *float32, count, width int, z *float32, limit float32, masks *uint16)
TEXT ·absolutesAVX(SB), NOSPLIT, $0-48
	MOVQ panels+0(FP), SI
	MOVQ count+8(FP), CX
	MOVQ width+16(FP), DX
	MOVQ z+24(FP), DI
	VBROADCASTSS limit+32(FP), Y15
	MOVQ masks+40(FP), R8
	VPCMPEQD Y14, Y14, Y14
	VPSRLD $1, Y14, Y14 // all but the sign

panel:
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	MOVQ DI, R9
	MOVQ DX, R10

eight:
	ABSOLUTE(0)
	ABSOLUTE(1)
	ABSOLUTE(2)
	ABSOLUTE(3)
	ABSOLUTE(4)
	ABSOLUTE(5)
	ABSOLUTE(6)
	ABSOLUTE(7)
	ADDQ $512, SI
	ADDQ $32, R9
	VCMPPS $0x1A, Y15, Y0, Y5
	VCMPPS $0x1A, Y15, Y1, Y6
	VMOVMSKPS Y5, AX
	VMOVMSKPS Y6, BX
	SHLL $8, BX
	ORL BX, AX
	SUBQ $8, R10
	JZ store
	TESTL AX, AX
	JNZ eight
	SHLQ $6, R10
	ADDQ R10, SI

store:
	MOVW AX, (R8)
	ADDQ $2, R8
	DECQ CX
	JNZ panel
	VZEROUPPER
	RET

// A box is width least numbers, then width largest.

// func boxSquaresAVX(box *float32, width int, z *float32) float32
TEXT ·boxSquaresAVX(SB), NOSPLIT, $0-28
	MOVQ box+0(FP), SI
	MOVQ width+8(FP), CX
	MOVQ z+16(FP), DI
	LEAQ (SI)(CX*4), DX
	VXORPS Y0, Y0, Y0
	VXORPS Y7, Y7, Y7

places:
	VMOVUPS (DI), Y2
	VMOVUPS (SI), Y3
	VSUBPS Y2, Y3, Y3   // least - z
	VSUBPS (DX), Y2, Y4 // z - largest
	VMAXPS Y3, Y4, Y4
	VMAXPS Y7, Y4, Y4
	VFMADD231PS Y4, Y4, Y0
	ADDQ $32, SI
	ADDQ $32, DX
	ADDQ $32, DI
	SUBQ $8, CX
	JNZ places
	VEXTRACTF128 $1, Y0, X1
	VADDPS X1, X0, X0
	VHADDPS X0, X0, X0
	VHADDPS X0, X0, X0
	VMOVSS X0, ret+24(FP)
	VZEROUPPER
	RET

// func boxAbsolutesAVX(box *float32, width int, z *float32) float32
TEXT ·boxAbsolutesAVX(SB), NOSPLIT, $0-28
	MOVQ box+0(FP), SI
	MOVQ width+8(FP), CX
	MOVQ z+16(FP), DI
	LEAQ (SI)(CX*4), DX
	VXORPS Y0, Y0, Y0
	VXORPS Y7, Y7, Y7

places:
	VMOVUPS (DI), Y2
	VMOVUPS (SI), Y3
	VSUBPS Y2, Y3, Y3
	VSUBPS (DX), Y2, Y4
	VMAXPS Y3, Y4, Y4
	VMAXPS Y7, Y4, Y4
	VADDPS Y4, Y0, Y0
	ADDQ $32, SI
	ADDQ $32, DX
	ADDQ $32, DI
	SUBQ $8, CX
	JNZ places
	VEXTRACTF128 $1, Y0, X1
	VADDPS X1, X0, X0
	VHADDPS X0, X0, X0
	VHADDPS X0, X0, X0
	VMOVSS X0, ret+24(FP)
	VZEROUPPER
	RET
